// A Hugging Face Llama, seen as MM-GEM's language model: its sizes, its tensors, two rows added for [EMB] and [CAP].
import type { LanguageConfig, TokenIds } from '../config.ts';
import { MmgemError } from '../errors.ts';
import { languageShapes, validateShapes } from '../parameters.ts';
import type { Checkpoint } from './checkpoint.ts';
import { fieldAt, numberAt } from './fields.ts';
import { collect, type MappedTensor, mappedTensor } from './mapped-tensor.ts';
import { elementCount } from './safetensors-header.ts';

export interface LanguageWeights {
  /** With the two added rows counted. */
  readonly config: LanguageConfig;
  readonly tokens: TokenIds;
  /**
   * `model.*` and `lm_head.weight`, complete.
   * @param addedRows makes the two rows [2, D] at the end of a table
   */
  tensors(addedRows: (table: string) => Float32Array): MappedTensor[];
  readonly leftOut: readonly string[];
  /** What was decided without being asked, for the user to see. */
  readonly notes: readonly string[];
}

/** Buffers of old checkpoints that follow from rope_theta. */
const computed = /rotary_emb\.inv_freq$/;
const tables: ReadonlySet<string> = new Set(['model.embed_tokens.weight', 'lm_head.weight']);

/**
 * @param json the Llama's parsed config.json
 * @throws MmgemError for what is no plain Llama, and for missing, misshapen or unknown tensors
 */
export async function openLanguageWeights(
  checkpoint: Checkpoint,
  json: unknown,
  fileName: string,
): Promise<LanguageWeights> {
  checkPlainLlama(json, fileName);
  const notes: string[] = [];
  const sizes = readSizes(json, fileName);
  const tied = await isTied(checkpoint, fieldAt(json, 'tie_word_embeddings') === true, notes);
  const own = { ...sizes, tie_word_embeddings: tied };
  const leftOut = checkpoint.names().filter((name) => computed.test(name) || (tied && name === 'lm_head.weight'));
  const shapes = languageShapes(own);
  validateShapes({ ...checkpoint, names: () => checkpoint.names().filter((name) => !leftOut.includes(name)) }, shapes);
  const plain = [...shapes].map(([name, shape]) => mappedTensor(checkpoint, { name, sources: [name] }, shape));
  const bos = readTokenId(json, 'bos_token_id', 1, fileName, notes);
  const eos = readTokenId(json, 'eos_token_id', 2, fileName, notes);
  return {
    config: { ...own, vocab_size: own.vocab_size + 2 },
    tokens: { bos, eos, emb: own.vocab_size, cap: own.vocab_size + 1 },
    tensors: (addedRows) =>
      plain.map((tensor) => (tables.has(tensor.name) ? extended(tensor, addedRows(tensor.name)) : tensor)),
    leftOut,
    notes,
  };
}

/** Settings that would change what the model computes, each with the only values that are supported. */
const plainValues: readonly (readonly [field: string, ...values: unknown[]])[] = [
  ['model_type', 'llama'],
  ['hidden_act', 'silu', undefined],
  ['rope_scaling', undefined],
  ['rope_parameters.rope_type', 'default', undefined],
  ['attention_bias', false, undefined],
  ['mlp_bias', false, undefined],
];

function checkPlainLlama(json: unknown, fileName: string): void {
  for (const [field, ...values] of plainValues) {
    const value = fieldAt(json, field);
    if (values.includes(value)) continue;
    const due = values.map((v) => (v === undefined ? 'absent' : JSON.stringify(v))).join(' or ');
    throw new MmgemError(`${fileName}: ${field} is ${JSON.stringify(value)}; supported is ${due}. Give a plain Llama.`);
  }
}

function readSizes(json: unknown, fileName: string): LanguageConfig {
  const required = (field: string): number => {
    const value = numberAt(json, field, fileName);
    if (value !== undefined && Number.isSafeInteger(value) && value >= 1) return value;
    throw new MmgemError(`${fileName}: ${field} is ${value ?? 'missing'}; it must be an integer of at least 1.`);
  };
  const heads = required('num_attention_heads');
  const hidden_size = required('hidden_size');
  const headDim = numberAt(json, 'head_dim', fileName) ?? hidden_size / heads;
  if (headDim * heads !== hidden_size) {
    throw new MmgemError(
      `${fileName}: head_dim ${headDim} × ${heads} heads is not hidden_size ${hidden_size}, which is not supported.`,
    );
  }
  // Absent fields have the defaults of Hugging Face's LlamaConfig.
  return {
    vocab_size: required('vocab_size'),
    hidden_size,
    layers: required('num_hidden_layers'),
    heads,
    kv_heads: numberAt(json, 'num_key_value_heads', fileName) ?? heads,
    intermediate_size: required('intermediate_size'),
    rope_theta:
      numberAt(json, 'rope_theta', fileName) ?? numberAt(json, 'rope_parameters.rope_theta', fileName) ?? 10000,
    rms_norm_eps: numberAt(json, 'rms_norm_eps', fileName) ?? 1e-6,
    tie_word_embeddings: false,
    max_position_embeddings: numberAt(json, 'max_position_embeddings', fileName) ?? 2048,
  };
}

/** A head that is there and differs from the table is kept, whatever the configuration says. */
async function isTied(checkpoint: Checkpoint, saidTied: boolean, notes: string[]): Promise<boolean> {
  if (!saidTied || !checkpoint.has('lm_head.weight')) return saidTied;
  const equal = await sameValues(checkpoint, 'lm_head.weight', 'model.embed_tokens.weight');
  notes.push(
    equal
      ? 'language: lm_head.weight equals the embedding table and is tied to it, as config.json says'
      : 'language: config.json ties lm_head.weight to the embedding table, but their values differ: both are kept, untied',
  );
  return equal;
}

async function sameValues(checkpoint: Checkpoint, a: string, b: string): Promise<boolean> {
  if (!checkpoint.has(b) || `${checkpoint.shape(a)}` !== `${checkpoint.shape(b)}`) return false;
  const others = checkpoint.chunks(b)[Symbol.asyncIterator]();
  for await (const piece of checkpoint.chunks(a)) {
    const { value } = await others.next();
    if (value === undefined || piece.some((element, i) => element !== value[i])) {
      await others.return?.();
      return false;
    }
  }
  return true;
}

function readTokenId(json: unknown, field: string, missing: number, fileName: string, notes: string[]): number {
  const value = fieldAt(json, field);
  if (Array.isArray(value) && value.length > 0) {
    notes.push(`language: ${field} is ${JSON.stringify(value)}; ${value[0]} is used`);
    return Number(value[0]);
  }
  if (value === undefined) notes.push(`language: ${field} is not given; ${missing} is used, Llama's default`);
  return numberAt(json, field, fileName) ?? missing;
}

function extended(tensor: MappedTensor, rows: Float32Array): MappedTensor {
  const [count = 0, width = 0] = tensor.shape;
  const shape = [count + rows.length / width, width];
  async function* data(): AsyncGenerator<Float32Array, void> {
    yield* tensor.data();
    yield rows;
  }
  return { ...tensor, shape, data, read: () => collect(data(), elementCount(shape)) };
}
