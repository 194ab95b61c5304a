// A small vision transformer in every public format and a small Llama, for the tests of importing them.
import type { VisionConfig } from '../../model/config.ts';
import { type ImportOptions, importModel } from '../../model/files/import.ts';
import { openModelDirectory } from '../../model/files/model-directory.ts';
import { type VisionFormatName, visionFormats } from '../../model/files/vision-formats.ts';
import { languageShapes, visionShapes } from '../../model/parameters.ts';
import { type Files, fileOf, memoryOutput, memoryStore, type NamedTensor, randomTensors, toWrite } from './support.ts';

export const vision: VisionConfig = {
  image_size: 24,
  patch_size: 8,
  width: 128,
  layers: 2,
  heads: 2,
  mlp_ratio: 2,
  activation: 'gelu',
  form: 'openclip',
  layer_norm_eps: 1e-5,
  pre_norm: true,
  patch_bias: false,
};
export const language = {
  vocab_size: 20,
  hidden_size: 16,
  layers: 2,
  heads: 4,
  kv_heads: 2,
  intermediate_size: 24,
  rope_theta: 500,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: false,
  max_position_embeddings: 256,
};
export const llamaConfig = {
  model_type: 'llama',
  vocab_size: 20,
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 24,
  rope_theta: 500,
  rms_norm_eps: 1e-6,
  max_position_embeddings: 256,
  bos_token_id: 1,
  eos_token_id: 2,
};
export const tokenizer = JSON.stringify({
  added_tokens: [{ id: 0, content: '<unk>' }],
  model: { vocab: { a: 1, b: 19 } },
});

/** Our tensors under the names of another format, packed ones cut up, with that format's extra leading extents. */
export function renamed(ours: Map<string, NamedTensor>, formatName: VisionFormatName, prefix: string): NamedTensor[] {
  const format = visionFormats.find(({ name }) => name === formatName)!;
  const names = new Map(format.stem.map(([our, ...theirs]) => [`visual.${our}`, theirs.map((name) => prefix + name)]));
  for (let i = 0; i < vision.layers; i++) {
    for (const [our, ...theirs] of format.block) {
      const sources = theirs.map((name) => `${prefix}${format.blocks}${i}.${name}`);
      names.set(`visual.transformer.resblocks.${i}.${our}`, sources);
    }
  }
  return [...ours.values()].flatMap(({ name, shape, values }) => {
    const theirs = names.get(name)!;
    const part = values.length / theirs.length;
    const [rows = 1, ...rest] = shape;
    const leading =
      formatName === 'timm' ? { class_embedding: [1, 1], positional_embedding: [1] }[name.slice(7)] : undefined;
    return theirs.map((their, i) => ({
      name: their,
      shape: [...(leading ?? []), rows / theirs.length, ...rest],
      values: values.slice(i * part, (i + 1) * part),
    }));
  });
}

export const write = (tensors: Iterable<NamedTensor>) => fileOf([...tensors].map((tensor) => toWrite(tensor)));
export const extra = (name: string, shape: number[]) => [...randomTensors([[name, shape]]).values()];

export async function visionStore(tensors: NamedTensor[], files: Files = {}) {
  return memoryStore('vision', { 'model.safetensors': await write(tensors), ...files });
}

export async function languageStore(config: object = llamaConfig, files: Files = {}) {
  return memoryStore('llama', {
    'model.safetensors': await write(randomTensors(languageShapes(language)).values()),
    'config.json': JSON.stringify(config),
    'tokenizer.json': tokenizer,
    ...files,
  });
}

export async function run(options: Partial<ImportOptions>) {
  const out = memoryOutput();
  const given = { vision: await visionStore(openclip()), language: await languageStore(), out, ...options };
  const result = await importModel(given);
  const model = await openModelDirectory(memoryStore('out', out.files));
  return { ...result, ...model, files: out.files };
}

export const json = (files: Files, name: string) => JSON.parse(Buffer.from(files[name] as Uint8Array).toString());
export const ours = (config: VisionConfig = vision) => randomTensors(visionShapes(config));
export const openclip = (config?: VisionConfig, prefix = 'visual.') => renamed(ours(config), 'openclip', prefix);
export const timmConfig: VisionConfig = {
  ...vision,
  form: 'timm',
  pre_norm: false,
  patch_bias: true,
  layer_norm_eps: 1e-6,
};
