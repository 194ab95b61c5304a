/** A model of golden files: its graph's beginnings, its parameters, and a batch as inputs. */
import { dim, input, ropeFrequencies, type Sizes, symbol } from '../../dsl/index.ts';
import type { HostArray } from '../../runtime/seam.ts';
import { configFromGolden, headWidth, type MmgemConfig } from '../config.ts';
import type { FileStore } from '../files/source.ts';
import { type ModelGraph, modelGraph } from '../graph/model.ts';
import { boxCorners } from '../graph/pool.ts';
import { type GoldenFile, goldenTensor, readGolden } from './golden-file.ts';

/** The tensors of a batch, in the names of MM-GEM's graph functions. */
export type BatchInputs = ReturnType<typeof batchInputs>;

export interface GoldenModel {
  readonly config: MmgemConfig;
  readonly graph: ModelGraph;
  readonly inputs: BatchInputs;
  /** Parameters and the batch, by name. */
  readonly given: Readonly<Record<string, HostArray>>;
  readonly sizes: Sizes;
}

/** The names of a model's other files: `tiny` of `tiny_forward.safetensors`. */
export const partOf = (model: string, part: string): string => `${model}_${part}.safetensors`;

/**
 * The parameters and the batch that belong to a file of a model.
 * @throws MmgemError naming file and tensor when one is missing or malformed
 */
export async function readGoldenModel(store: FileStore, file: GoldenFile, model: string): Promise<GoldenModel> {
  const config = configFromGolden(file.metadata, file.name);
  const params = await readGolden(store, partOf(model, 'params'));
  const batch = await readGolden(store, partOf(model, 'batch'));
  const graph = modelGraph(config);
  const dataOf = ({ tensors }: GoldenFile) => [...tensors].map(([name, { data }]) => [name, data] as const);
  const [rows = 0, embeddingTokens = 0] = goldenTensor(batch, 'emb_ids').shape;
  const [, captionTokens = 0] = goldenTensor(batch, 'cap_ids').shape;
  return {
    config,
    graph,
    inputs: batchInputs(graph),
    given: {
      ...Object.fromEntries([...dataOf(params), ...dataOf(batch)]),
      imageOf: Int32Array.from({ length: rows }, (_, i) => i),
      'rope.frequencies': ropeFrequencies(headWidth(config.language), config.language.rope_theta),
    },
    sizes: { B: rows, T: embeddingTokens, captionTokens },
  };
}

/** Every image has one text, one box and one mask; captions are of another length than texts with [EMB]. */
function batchInputs({ dims: { B, T, N, image } }: ModelGraph) {
  const region = dim('R', B.extent);
  return {
    images: input('images', [B, ...image]),
    embeddingIds: input('emb_ids', [B, T], 'i32'),
    embeddingLengths: input('emb_lengths', [B], 'i32'),
    captionIds: input('cap_ids', [B, dim('T', symbol('captionTokens'))], 'i32'),
    captionLengths: input('cap_lengths', [B], 'i32'),
    boxes: input('boxes', [region, boxCorners]),
    masks: input('masks', [region, N]),
    imageOf: input('imageOf', [region], 'i32'),
  };
}
