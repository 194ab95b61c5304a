// The checks behind parseConfig: a table of fields, then what must hold between them.
import type { MmgemConfig } from './config.ts';
import {
  checkFields,
  checkRelations,
  count,
  countOrNone,
  type Fields,
  flag,
  oneOf,
  optional,
  positive,
  type Relation,
  type Rule,
} from './field-rules.ts';

const tokenId: Rule = { ...countOrNone, needs: 'a token id, an integer of at least 0' };

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
  caption_prefix: optional(oneOf('cap', 'soft_prompts')),
  tokens: { bos: tokenId, eos: tokenId, emb: tokenId, cap: tokenId },
  max_text_length: count,
};

/** @throws MmgemError naming file, field and remedy unless `json` is an MmgemConfig */
export function checkConfig(json: unknown, fileName: string): void {
  checkFields(json, fields, '', fileName);
  checkRelations(json as MmgemConfig, relations, fileName);
}

const tokenRelations: Relation<MmgemConfig>[] = (['bos', 'eos', 'emb', 'cap'] as const).map((token) => ({
  field: `tokens.${token}`,
  fails: ({ tokens, language }) => tokens[token] >= language.vocab_size,
  says: ({ tokens, language }) =>
    `is ${tokens[token]}, beyond language.vocab_size ${language.vocab_size}. Use a smaller id`,
}));

const relations: Relation<MmgemConfig>[] = [
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
