// The checks behind parseConfig: a table of fields, then what must hold between them.
import type { MmgemConfig } from './config.ts';
import { MmgemError } from './errors.ts';

/** What a value must be, and whether it is; `needs` completes "must be …". */
interface Rule {
  readonly needs: string;
  readonly holds: (value: unknown) => boolean;
}

type Fields = { readonly [field: string]: Rule | Fields };

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;

const count: Rule = { needs: 'an integer of at least 1', holds: isCount };
const tokenId: Rule = {
  needs: 'a token id, an integer of at least 0',
  holds: (v) => Number.isSafeInteger(v) && (v as number) >= 0,
};
const positive: Rule = { needs: 'a number greater than 0', holds: (v) => isNumber(v) && v > 0 };
const flag: Rule = { needs: 'true or false', holds: (v) => typeof v === 'boolean' };
const oneOf = (...values: string[]): Rule => ({
  needs: values.map((value) => JSON.stringify(value)).join(' or '),
  holds: (v) => values.includes(v as string),
});

const fields: Fields = {
  model_type: oneOf('mmgem'),
  vision: {
    image_size: count,
    patch_size: count,
    width: count,
    layers: count,
    heads: count,
    mlp_ratio: positive,
    activation: oneOf('gelu', 'quick_gelu'),
    form: oneOf('openclip', 'timm'),
    layer_norm_eps: positive,
    pre_norm: flag,
    patch_bias: flag,
  },
  language: {
    vocab_size: count,
    hidden_size: count,
    layers: count,
    heads: count,
    kv_heads: count,
    intermediate_size: count,
    rope_theta: positive,
    rms_norm_eps: positive,
    tie_word_embeddings: flag,
    max_position_embeddings: count,
  },
  embedding_size: count,
  soft_prompts: count,
  roi_grid: count,
  roi_grid_retrieval: count,
  cap_first: flag,
  tokens: { bos: tokenId, eos: tokenId, emb: tokenId, cap: tokenId },
  max_text_length: count,
};

/** @throws MmgemError naming file, field and remedy unless `json` is an MmgemConfig */
export function checkConfig(json: unknown, fileName: string): void {
  checkFields(json, fields, '', fileName);
  for (const { field, fails, says } of relations) {
    const config = json as MmgemConfig;
    if (fails(config)) throw new MmgemError(`${fileName}: ${field} ${says(config)}.`);
  }
}

function checkFields(value: unknown, expected: Fields, path: string, fileName: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const what = path === '' ? 'the configuration' : path.slice(0, -1);
    throw new MmgemError(
      `${fileName}: ${what} is ${shown(value)}, not an object with ${Object.keys(expected).join(', ')}.`,
    );
  }
  const given = value as Record<string, unknown>;
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(expected, name)) {
      const known = Object.keys(expected).join(', ');
      throw new MmgemError(
        `${fileName}: ${path}${name} is no field of it. Remove it, or correct it to one of ${known}.`,
      );
    }
  }
  for (const [name, rule] of Object.entries(expected)) {
    if (!isRule(rule)) checkFields(given[name], rule, `${path}${name}.`, fileName);
    else if (!rule.holds(given[name])) {
      throw new MmgemError(`${fileName}: ${path}${name} is ${shown(given[name])}; it must be ${rule.needs}.`);
    }
  }
}

function isRule(rule: Rule | Fields): rule is Rule {
  return typeof rule.holds === 'function';
}

function shown(value: unknown): string {
  const text = value === undefined ? 'missing' : (JSON.stringify(value) ?? typeof value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** What must hold between fields; each message tells the values and what would be right. */
interface Relation {
  readonly field: string;
  readonly fails: (config: MmgemConfig) => boolean;
  readonly says: (config: MmgemConfig) => string;
}

const tokenRelations: Relation[] = (['bos', 'eos', 'emb', 'cap'] as const).map((token) => ({
  field: `tokens.${token}`,
  fails: ({ tokens, language }) => tokens[token] >= language.vocab_size,
  says: ({ tokens, language }) =>
    `is ${tokens[token]}, beyond language.vocab_size ${language.vocab_size}. Use a smaller id`,
}));

const relations: Relation[] = [
  {
    field: 'vision.image_size',
    fails: ({ vision: v }) => v.image_size % v.patch_size !== 0,
    says: ({ vision: v }) => `is ${v.image_size}, no multiple of vision.patch_size ${v.patch_size}. Use one`,
  },
  {
    field: 'vision.width',
    fails: ({ vision: v }) => v.width % v.heads !== 0,
    says: ({ vision: v }) => `is ${v.width}, no multiple of vision.heads ${v.heads}. Correct either`,
  },
  {
    field: 'vision.mlp_ratio',
    fails: ({ vision: v }) => Math.abs(v.width * v.mlp_ratio - Math.round(v.width * v.mlp_ratio)) > 1e-6,
    says: ({ vision: v }) => `is ${v.mlp_ratio}; times vision.width ${v.width} it must give an integer`,
  },
  {
    field: 'language.hidden_size',
    fails: ({ language: l }) => l.hidden_size % (2 * l.heads) !== 0,
    says: ({ language: l }) => `is ${l.hidden_size}; language.heads ${l.heads} must divide it into heads of even width`,
  },
  {
    field: 'language.kv_heads',
    fails: ({ language: l }) => l.heads % l.kv_heads !== 0,
    says: ({ language: l }) => `is ${l.kv_heads}, which does not divide language.heads ${l.heads}. Correct either`,
  },
  ...tokenRelations,
  {
    field: 'tokens.cap',
    fails: ({ tokens: t }) => new Set([t.emb, t.cap, t.bos]).size < 3 || t.emb === t.eos || t.cap === t.eos,
    says: ({ tokens: t }) =>
      `${t.cap}, tokens.emb ${t.emb}, bos ${t.bos}, eos ${t.eos}: [EMB] and [CAP] need ids of their own`,
  },
  {
    field: 'max_text_length',
    fails: (c) => longestSequence(c) > c.language.max_position_embeddings,
    says: (c) =>
      `is ${c.max_text_length}; with roi_grid and soft_prompts a sequence can have ${longestSequence(c)} tokens, ` +
      `beyond language.max_position_embeddings ${c.language.max_position_embeddings}. Lower one of them`,
  },
];

/** BOS, text and [EMB]; or a region's bins, the soft prompts, text and EOS. */
function longestSequence({ roi_grid, soft_prompts, max_text_length }: MmgemConfig): number {
  return Math.max(2, roi_grid ** 2 + soft_prompts + 1) + max_text_length;
}
