/**
 * A training step on a large batch, chunk by chunk, with the gradients of the whole (Gao et al. 2021, gradient caching). Four programs,
 * run in this order, hand each other states:
 *
 *   embed     chunk → its embeddings, without gradients, into `cache.v`, `cache.t` [whole, E]       once a chunk
 *   contrast  all embeddings → the contrastive losses and their gradients `cache.v.gradient`, `cache.t.gradient`    once
 *   backward  chunk → embeddings again, captions; Σ ⟨embedding, cached gradient⟩ + L_Gen flows back into `gradient/NAME`    once a chunk
 *   apply     the optimiser on what has been added up                                              once
 *
 * Only one chunk's activations exist at a time. A stage without a contrastive loss needs the last two alone.
 */
import {
  add,
  addExtents,
  constant,
  dim,
  equal,
  type Graph,
  gradients,
  input,
  mul,
  type Operand,
  type Shape,
  slice,
  state,
  sum,
  symbol,
  type Tensor,
  trace,
  update,
  where,
} from '../../../dsl/index.ts';
import type { MmgemConfig } from '../../config.ts';
import { captionLoss, type Embeddings, type Scalar } from '../../graph/losses.ts';
import type { ModelGraph } from '../../graph/model.ts';
import { type Learned, type OptimizerSettings, optimize } from './optimizer.ts';
import { batchInputs, contrastiveLosses, type Stage, type StageName, stages, unweighted, weighted } from './stages.ts';
import { learnedStates, type TrainingModelOptions, trainingModel } from './step.ts';

export interface CachedStep {
  /** Both are there when the stage has a contrastive loss. Sizes besides the batch's: `P`, where the chunk starts, and `whole`. */
  readonly embed?: Graph;
  readonly contrast?: Graph;
  /**
   * Inputs besides the batch's: `isFirst` i32, 1 for the first chunk of a step; `targets`, the number of caption targets of the whole
   * batch. Output `gen`: the chunk's part of L_Gen.
   */
  readonly backward: Graph;
  readonly apply: Graph;
  readonly learned: readonly string[];
}

const operand = <S extends Shape>(x: Tensor): Operand<S> => x as unknown as Operand<S>;
const accumulatorName = (name: string): string => `gradient/${name}`;

/** The states that hold one side's embeddings of the whole batch, and their gradients. */
function cacheStates({ dims: { E } }: ModelGraph, side: 'v' | 't') {
  const shape = [dim('B', symbol('whole')), E] as const;
  return { embeddings: state(`cache.${side}`, shape), gradient: state(`cache.${side}.gradient`, shape) };
}

const sides = ['v', 't'] as const;

export function cachedStep(
  config: MmgemConfig,
  stageName: StageName,
  settings: OptimizerSettings,
  options: TrainingModelOptions = {},
): CachedStep {
  const m = trainingModel(config, stageName, options);
  const stage = stages[stageName];
  const { lossWeights = unweighted } = options;
  const backward = backwardGraph(m, stage, lossWeights.gen);
  const contrast = stage.embeddings && contrastGraph(m, lossWeights.emb);
  const learned = [...new Map([...backward.learned, ...(contrast?.learned ?? [])].map((x) => [x.name, x])).values()];
  return {
    ...(stage.embeddings && { embed: embedGraph(m, stage), contrast: contrast!.graph }),
    backward: backward.graph,
    apply: applyGraph(learned, settings),
    learned: learned.map(({ name }) => name),
  };
}

/** Where a chunk lies in the whole batch. */
const start = symbol('P');

function embedGraph(m: ModelGraph, stage: Stage): Graph {
  const pair = stage.embeddings!(m, batchInputs(m));
  const updates = sides.map((side) => update(cacheStates(m, side).embeddings, pair[side], { along: 'B', start }));
  return trace('embedChunk', {}, updates);
}

function contrastGraph(m: ModelGraph, weight: number): { graph: Graph; learned: Omit<Learned, 'gradient'>[] } {
  const [v, t] = sides.map((side) => cacheStates(m, side)) as [
    ReturnType<typeof cacheStates>,
    ReturnType<typeof cacheStates>,
  ];
  const { v2t, t2v, emb, temperature } = contrastiveLosses(m, { v: v.embeddings, t: t.embeddings });
  const learned = learnedStates(emb).filter(({ name }) => !name.startsWith('cache.'));
  const slopes = gradients(weighted(emb, weight), [v.embeddings, t.embeddings, ...learned.map(({ value }) => value)]);
  const updates = [
    update(v.gradient, slopes[0] as Embeddings),
    update(t.gradient, slopes[1] as Embeddings),
    ...learned.map(({ name, value }, i) => update(accumulator(name, value), slopes[i + 2]!)),
  ];
  return { graph: trace('contrast', { v2t, t2v, emb, temperature }, updates), learned };
}

const accumulator = (name: string, value: Tensor): Tensor => state(accumulatorName(name), value.shape);

/** Gradients of a chunk, added to those of the chunks before it. */
function backwardGraph(
  m: ModelGraph,
  stage: Stage,
  weight: number,
): { graph: Graph; learned: Omit<Learned, 'gradient'>[] } {
  const batch = batchInputs(m);
  const cached = stage.embeddings && flowingBack(m, stage.embeddings(m, batch));
  const captions = stage.captions?.(m, batch);
  const gen = captions && captionLoss(captions, m.config.tokens.eos, input('targets', []));
  const captioning = gen && weighted(gen, weight);
  const total = (cached && captioning ? add(cached, operand(captioning)) : (cached ?? captioning)) as Scalar;
  const learned = learnedStates(total).filter(({ name }) => !name.startsWith('cache.'));
  const slopes = gradients(
    total,
    learned.map(({ value }) => value),
  );
  const isFirst = equal(input('isFirst', [], 'i32'), constant(1, 'i32'));
  const updates = learned.map(({ name, value }, i) => {
    const before = accumulator(name, value);
    return update(before, where(operand(isFirst), slopes[i]!, add(before, slopes[i]!)));
  });
  return { graph: trace('backwardChunk', gen ? { gen } : {}, updates), learned };
}

/** Σ ⟨embedding, its cached gradient⟩: its gradient with respect to the embeddings is what was cached. */
function flowingBack(m: ModelGraph, pair: { readonly v: Embeddings; readonly t: Embeddings }): Scalar {
  const [ofImages, ofTexts] = sides.map((side) => {
    const embeddings = pair[side] as Tensor;
    const [rows] = embeddings.shape;
    const own = slice(cacheStates(m, side).gradient, 'B', { start, end: addExtents(start, rows!.extent) });
    return sum(mul(embeddings, own as Tensor), 'B', 'E');
  });
  return add(ofImages as Scalar, operand(ofTexts as Tensor)) as Scalar;
}

function applyGraph(learned: readonly Omit<Learned, 'gradient'>[], settings: OptimizerSettings): Graph {
  const accumulated = learned.map((one) => ({ ...one, gradient: accumulator(one.name, one.value) }));
  const { updates, gradientNorm, squaredNorms } = optimize(accumulated, settings);
  return trace('apply', { gradientNorm, squaredNorms }, updates);
}
