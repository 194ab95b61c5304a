// The model's parameters by name: which there are, of what shape, and whether a checkpoint holds just these.
// Names are the public checkpoints': open_clip's for the vision transformer, Hugging Face Llama's for the language model.
import { gridSize, headWidth, type LanguageConfig, type MmgemConfig, mlpWidth, type VisionConfig } from './config.ts';
import { MmgemError } from './errors.ts';
import type { ElementType } from './files/element-type.ts';
import { isFloatType } from './files/element-type.ts';

export type Shapes = Map<string, readonly number[]>;

/** Every parameter of a model with its shape, in the order of the forward pass. */
export function parameterShapes(config: MmgemConfig): Shapes {
  const { vision, language, embedding_size: e, soft_prompts } = config;
  const { width } = vision;
  const { hidden_size: d } = language;
  return new Map([
    ...visionShapes(vision),
    ...languageShapes(language),
    ['h1.weight', [e, width]],
    ['h1.bias', [e]],
    ['h2.weight', [e, d]],
    ['h2.bias', [e]],
    ['h3.weight', [d, e]],
    ['h3.bias', [d]],
    ['h4.weight', [e, e]],
    ['h4.bias', [e]],
    ['soft_prompts', [soft_prompts, d]],
    ['logit_scale', []],
  ] as [string, readonly number[]][]);
}

/** `visual.*` */
export function visionShapes(vision: VisionConfig): Shapes {
  const { patch_size: patch, width, layers, patch_bias, pre_norm } = vision;
  const mlp = mlpWidth(vision);
  const shapes: Shapes = new Map();
  shapes.set('visual.conv1.weight', [width, 3, patch, patch]);
  if (patch_bias) shapes.set('visual.conv1.bias', [width]);
  shapes.set('visual.class_embedding', [width]);
  shapes.set('visual.positional_embedding', [gridSize(vision) ** 2 + 1, width]);
  const norm = (name: string) => shapes.set(`${name}.weight`, [width]).set(`${name}.bias`, [width]);
  if (pre_norm) norm('visual.ln_pre');
  for (let i = 0; i < layers; i++) {
    const block = `visual.transformer.resblocks.${i}`;
    norm(`${block}.ln_1`);
    shapes.set(`${block}.attn.in_proj_weight`, [3 * width, width]).set(`${block}.attn.in_proj_bias`, [3 * width]);
    shapes.set(`${block}.attn.out_proj.weight`, [width, width]).set(`${block}.attn.out_proj.bias`, [width]);
    norm(`${block}.ln_2`);
    shapes.set(`${block}.mlp.c_fc.weight`, [mlp, width]).set(`${block}.mlp.c_fc.bias`, [mlp]);
    shapes.set(`${block}.mlp.c_proj.weight`, [width, mlp]).set(`${block}.mlp.c_proj.bias`, [width]);
  }
  norm('visual.ln_post');
  return shapes;
}

/** `model.*` and, unless it is tied, `lm_head.weight` */
export function languageShapes(language: LanguageConfig): Shapes {
  const { vocab_size: vocab, hidden_size: d, layers, kv_heads, intermediate_size: ffn } = language;
  const kv = kv_heads * headWidth(language);
  const shapes: Shapes = new Map([['model.embed_tokens.weight', [vocab, d]]]);
  for (let i = 0; i < layers; i++) {
    const block = `model.layers.${i}`;
    shapes.set(`${block}.input_layernorm.weight`, [d]);
    shapes.set(`${block}.self_attn.q_proj.weight`, [d, d]);
    shapes.set(`${block}.self_attn.k_proj.weight`, [kv, d]);
    shapes.set(`${block}.self_attn.v_proj.weight`, [kv, d]);
    shapes.set(`${block}.self_attn.o_proj.weight`, [d, d]);
    shapes.set(`${block}.post_attention_layernorm.weight`, [d]);
    shapes.set(`${block}.mlp.gate_proj.weight`, [ffn, d]);
    shapes.set(`${block}.mlp.up_proj.weight`, [ffn, d]);
    shapes.set(`${block}.mlp.down_proj.weight`, [d, ffn]);
  }
  shapes.set('model.norm.weight', [d]);
  if (!language.tie_word_embeddings) shapes.set('lm_head.weight', [vocab, d]);
  return shapes;
}

/** Number of elements of all parameters. */
export function parameterCount(config: MmgemConfig): number {
  let total = 0;
  for (const shape of parameterShapes(config).values()) total += shape.reduce((product, extent) => product * extent, 1);
  return total;
}

/** What validateParameters needs to know of a checkpoint. */
export interface TensorListing {
  readonly name: string;
  names(): string[];
  has(name: string): boolean;
  shape(name: string): readonly number[];
  dtype(name: string): ElementType;
}

/** @throws MmgemError listing every tensor that is missing, misshapen, of a wrong type or too many */
export function validateParameters(checkpoint: TensorListing, config: MmgemConfig): void {
  validateShapes(checkpoint, parameterShapes(config));
}

/** Of weights of another model nothing fits: so many tensors show that as well as all. */
const mostListed = 12;

/** As validateParameters, for a table of shapes. */
export function validateShapes(checkpoint: TensorListing, shapes: ReadonlyMap<string, readonly number[]>): void {
  const problems: string[] = [];
  for (const [name, shape] of shapes) {
    if (!checkpoint.has(name)) problems.push(`${name} [${shape}] is missing`);
    else if (`${checkpoint.shape(name)}` !== `${shape}` || checkpoint.shape(name).length !== shape.length) {
      problems.push(`${name} is [${checkpoint.shape(name)}] where [${shape}] is due`);
    } else if (!isFloatType(checkpoint.dtype(name))) {
      problems.push(`${name} is ${checkpoint.dtype(name)} where F32, F16 or BF16 is due`);
    }
  }
  for (const name of checkpoint.names())
    if (!shapes.has(name)) problems.push(`${name} belongs to no part of the model`);
  if (problems.length === 0) return;
  const listed = problems.slice(0, mostListed);
  if (problems.length > mostListed) listed.push(`and ${problems.length - mostListed} more`);
  const count = problems.length === 1 ? 'a tensor does' : `${problems.length} tensors do`;
  throw new MmgemError(
    `${checkpoint.name}: ${count} not fit the configuration:\n  ${listed.join('\n  ')}\n` +
      'Correct config.json so that it describes these weights, or get the weights that belong to it.',
  );
}
