/** A training step in chunks of a large batch: see graph/cached-step.ts for the programs and what they hand each other. */
import type { Graph, Sizes } from '../../dsl/index.ts';
import type { Batch } from '../data/batch.ts';
import { MmgemError } from '../errors.ts';
import { cachedStep } from './graph/cached-step.ts';
import { type LossWeights, unweighted } from './graph/stages.ts';
import { batchArrays, type Outputs, stepArrays, type TrainerOptions, type TrainingPrograms } from './programs.ts';

/** @throws MmgemError when the size of the batch is not told */
export function chunkedPrograms(options: TrainerOptions, chunk: number): TrainingPrograms {
  const { config, stage, optimizer, lossWeights = unweighted, batchSize, name } = options;
  if (batchSize === undefined) throw new MmgemError(`${name}: chunks need the batch size; give batchSize`);
  const { embed, contrast, backward, apply, learned } = cachedStep(config, stage, optimizer, options);
  const graphs = [embed, contrast, backward, apply].filter((graph): graph is Graph => graph !== undefined);
  const cacheElements = batchSize * config.embedding_size;
  const cacheNames = ['cache.v', 'cache.t', 'cache.v.gradient', 'cache.t.gradient'];
  const at = (graph: Graph): number => graphs.indexOf(graph);

  const run: TrainingPrograms['run'] = async (step, batch, inputs) => {
    const whole = batch.sizes.B;
    const fixed = stepArrays(inputs);
    const chunks = chunksOf(batch, chunk);
    if (embed) {
      for (const { start, part } of chunks) await step(at(embed), batchArrays(part), sizesOf(part, start, whole));
    }
    const contrastive = contrast ? await step(at(contrast), fixed, { whole }) : {};
    const targets = Float32Array.of(batch.captionLengths.reduce((sum, length) => sum + length + 1, 0));
    let gen: number | undefined;
    for (const { start, part } of chunks) {
      const isFirst = Int32Array.of(start === 0 ? 1 : 0);
      const given = { ...batchArrays(part), ...fixed, isFirst, targets };
      const outputs = await step(at(backward), given, sizesOf(part, start, whole));
      if (outputs.gen) gen = (gen ?? 0) + outputs.gen[0]!;
    }
    return { ...lossesOf(contrastive, gen, lossWeights), ...(await step(at(apply), fixed, {})) };
  };

  return {
    graphs,
    learned,
    workspace: new Map(embed ? cacheNames.map((state) => [state, cacheElements]) : []),
    run,
    sizes: (batch) => {
      const [{ part }] = chunksOf(batch, chunk) as [Chunk];
      return graphs.map(() => sizesOf(part, 0, batch.sizes.B));
    },
  };
}

interface Chunk {
  readonly start: number;
  readonly part: Batch;
}

const sizesOf = ({ sizes }: Batch, start: number, whole: number): Sizes => ({ ...sizes, P: start, whole });

function lossesOf(contrastive: Outputs, gen: number | undefined, weights: LossWeights): Outputs {
  const emb = contrastive.emb?.[0];
  const total = Float32Array.of(weights.emb * (emb ?? 0) + weights.gen * (gen ?? 0));
  return { ...contrastive, ...(gen !== undefined && { gen: Float32Array.of(gen) }), total };
}

/** The batch in parts of `chunk` rows, the last one perhaps shorter. */
function chunksOf(batch: Batch, chunk: number): Chunk[] {
  const { B } = batch.sizes;
  return Array.from({ length: Math.ceil(B / chunk) }, (_, i) => {
    const start = i * chunk;
    return { start, part: rowsOf(batch, start, Math.min(B, start + chunk)) };
  });
}

function rowsOf(batch: Batch, from: number, to: number): Batch {
  const rows = <A extends Float32Array | Int32Array>(all: A): A => {
    const each = all.length / batch.sizes.B;
    return all.slice(from * each, to * each) as A;
  };
  const part = {
    sizes: { ...batch.sizes, B: to - from },
    keys: batch.keys.slice(from, to),
    images: rows(batch.images),
    embeddingIds: rows(batch.embeddingIds),
    embeddingLengths: rows(batch.embeddingLengths),
    captionIds: rows(batch.captionIds),
    captionLengths: rows(batch.captionLengths),
  };
  if (batch.kind === 'pairs') return { kind: 'pairs', ...part };
  // A box names its image by its number among the chunk's.
  const boxes = rows(batch.boxes).map((value, i) => (i % 5 === 0 ? value - from : value));
  return { kind: 'regions', ...part, boxes };
}
