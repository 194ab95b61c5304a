// Model directories in memory: random weights, the real tokenizer, sizes that the interpreter runs in no time.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MmgemConfig } from '../../model/config.ts';
import { initModel } from '../../model/files/init.ts';
import type { FileStore } from '../../model/files/source.ts';
import type { Host } from '../../model/host.ts';
import type { RgbImage } from '../../model/preprocess/image.ts';
import { random } from '../../model/random.ts';
import { memoryOutput, memoryStore } from '../files/support.ts';
import { repositoryRoot } from '../support/repository.ts';

export const smallConfig: MmgemConfig = {
  model_type: 'mmgem',
  vision: {
    image_size: 24,
    patch_size: 8,
    width: 16,
    layers: 1,
    heads: 2,
    mlp_ratio: 2,
    activation: 'gelu',
    form: 'openclip',
    layer_norm_eps: 1e-5,
    pre_norm: true,
    patch_bias: false,
  },
  language: {
    vocab_size: 4096,
    hidden_size: 16,
    layers: 2,
    heads: 4,
    kv_heads: 2,
    intermediate_size: 20,
    rope_theta: 10000,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
    max_position_embeddings: 40,
  },
  embedding_size: 12,
  soft_prompts: 3,
  roi_grid: 2,
  roi_grid_retrieval: 2,
  cap_first: false,
  tokens: { bos: 1, eos: 2, emb: 4094, cap: 4095 },
  max_text_length: 10,
};

const tokenizer = readFileSync(join(repositoryRoot, 'model', 'tokenizers', 'english-4k.json'), 'utf8');

export type Files = Record<string, Uint8Array | string>;

/** The files of a model directory. */
export async function smallModelFiles(config: MmgemConfig = smallConfig, seed = 1): Promise<Files> {
  const out = memoryOutput();
  await initModel({ config, seed, out, tokenizer: memoryStore('tokenizer', { 'tokenizer.json': tokenizer }) });
  return out.files;
}

/** A host that has these folders, and takes images decoded already. */
export function memoryHost(folders: Readonly<Record<string, Files>>): Host<RgbImage> {
  return {
    openStore: (path): FileStore => memoryStore(path, folders[path] ?? {}),
    decodeImage: async (image) => image,
  };
}

/** An image of random pixels. */
export function noise(seed: number, width = 30, height = 26): RgbImage {
  const source = random(seed, 'noise');
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => source.integer() >>> 24) };
}
