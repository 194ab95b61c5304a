/** A training step: gradients of both losses, norms, LAMB. */

import type { Sizes } from '../../dsl/extent.ts';
import { ropeFrequencies } from '../../dsl/index.ts';
import { compileGraph } from '../../kernels/compile.ts';
import type { Step } from '../../kernels/ir.ts';
import { headWidth, type MmgemConfig } from '../../model/config.ts';
import { namedConfig } from '../../model/configs.ts';
import type { PairBatch } from '../../model/data/batch.ts';
import { initParameter } from '../../model/initial-parameters.ts';
import { graphEngine } from '../../model/load.ts';
import { parameterShapes } from '../../model/parameters.ts';
import { random } from '../../model/random.ts';
import type { GraphEngine } from '../../model/session/programs.ts';
import type { WeightSource } from '../../model/session/weights.ts';
import { paperOptimizer } from '../../model/train/graph/optimizer.ts';
import { openTrainer } from '../../model/train/trainer.ts';
import type { Engine } from '../../runtime/engine.ts';
import type { Executable, KernelTime, MemoryPlanSummary } from '../../runtime/seam.ts';
import { type KernelProfile, profileOf } from '../profile.ts';
import { stepWork, type Work } from '../work.ts';
import type { Figure, OwnCase, OwnContext, Running, Suite } from './suite.ts';

interface TrainingShape {
  readonly config: string;
  readonly rows: number;
  /** Tokens of a text. */
  readonly tokens: number;
}

/** Random images and texts. */
export function trainingBatch(config: MmgemConfig, rows: number, tokens: number): PairBatch {
  const { vision, tokens: special } = config;
  const next = random(1, 'batch');
  const ids = (length: number) =>
    Int32Array.from({ length: rows * length }, () => 3 + Math.floor(next.uniform() * 4000));
  const embeddingIds = ids(tokens + 2);
  for (let row = 1; row <= rows; row++) embeddingIds[row * (tokens + 2) - 1] = special.emb;
  return {
    kind: 'pairs',
    sizes: { B: rows, T: tokens + 2, captionTokens: tokens },
    keys: [],
    images: Float32Array.from({ length: rows * 3 * vision.image_size ** 2 }, () => next.normal()),
    embeddingIds,
    embeddingLengths: new Int32Array(rows).fill(tokens + 2),
    captionIds: ids(tokens),
    captionLengths: new Int32Array(rows).fill(tokens),
  };
}

/** The weights that a model begins with, made when they are asked for. */
export function randomWeights(config: MmgemConfig): WeightSource {
  const shapes = parameterShapes(config);
  return {
    async read(name) {
      if (name === 'rope.frequencies') return ropeFrequencies(headWidth(config.language), config.language.rope_theta);
      return initParameter(name, shapes.get(name)!, config, 1);
    },
    close: async () => {},
  };
}

/** What ran last, and how to look at it. */
interface Last {
  step: Step;
  sizes: Sizes;
  plan: MemoryPlanSummary;
  times: readonly KernelTime[];
}

/** An engine that remembers the runs of a training step, and times their kernels when asked. */
function watched(engine: Engine, runs: Last[], timed: () => boolean): GraphEngine {
  const inner = graphEngine(engine);
  const watch = (executable: Executable, step: Step): Executable => ({
    step: executable.step,
    sources: executable.sources,
    plan: (sizes) => executable.plan(sizes),
    async run(store, inputs, sizes, options) {
      const last: Last = { step, sizes, plan: executable.plan(sizes), times: [] };
      runs.push(last);
      const onTimes = (times: readonly KernelTime[]): void => {
        last.times = times;
      };
      return executable.run(store, inputs, sizes, timed() ? { ...options, onTimes } : options);
    },
    close: () => executable.close(),
  });
  return { ...inner, compile: async (graph) => watch(await inner.compile(graph), compileGraph(graph, engine.target)) };
}

async function openStep(engine: Engine, { config: name, rows, tokens }: TrainingShape) {
  const config = namedConfig(name);
  const runs: Last[] = [];
  let timed = false;
  const trainer = await openTrainer({
    engine: watched(engine, runs, () => timed),
    name,
    config,
    weights: randomWeights(config),
    stage: 'stage1',
    optimizer: paperOptimizer,
    rates: { base: 1e-3, projection: 1e-3 },
    description: engine.info.description,
  });
  const batch = trainingBatch(config, rows, tokens);
  let steps = 0;
  return {
    trainer,
    /** A step, and what ran in it. */
    async take(times = false) {
      runs.length = 0;
      timed = times;
      const { losses } = await trainer.step(batch, { step: ++steps, rateFactor: 1 });
      return { loss: losses.total!, runs: [...runs] };
    },
  };
}

const sumOf = (works: readonly Work[]): Work => ({
  flops: works.reduce((sum, { flops }) => sum + flops, 0),
  bytes: works.reduce((sum, { bytes }) => sum + bytes, 0),
});

export async function startTraining({ engine }: OwnContext, shape: TrainingShape): Promise<Running> {
  const { trainer, take } = await openStep(engine, shape);
  const { runs } = await take();
  return {
    description: engine.info.description,
    work: sumOf(runs.map(({ step, sizes }) => stepWork(step, sizes))),
    run: async () => [(await take()).loss],
    async profile() {
      const all = (await take(true)).runs.map(({ times, step, sizes }) => profileOf(times, step, sizes));
      return joined(all.flat());
    },
    close: () => trainer.close(),
  };
}

/** Profiles of several programs as one: shares are of the time of all. */
function joined(rows: readonly KernelProfile[]): KernelProfile[] {
  const total = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return rows
    .map((row) => ({ ...row, share: row.milliseconds / total }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

/** The planned peak of a step over its lower bound: of several programs the one with the larger ratio. */
export async function trainingPlan({ engine }: OwnContext, shape: TrainingShape): Promise<Figure> {
  const { trainer, take } = await openStep(engine, shape);
  const plans = (await take()).runs.map(({ plan }) => plan);
  await trainer.close();
  const { peak, lowerBound } = plans.reduce((worst, plan) =>
    plan.peak / plan.lowerBound > worst.peak / worst.lowerBound ? plan : worst,
  );
  return { ratio: peak / lowerBound, value: peak, bound: lowerBound, unit: 'bytes' };
}

const cases: readonly (readonly [name: string, shape: TrainingShape, when?: 'quick'])[] = [
  ['nano, batch 4', { config: 'nano', rows: 4, tokens: 8 }, 'quick'],
  ['ViT-Ti/16 at 160 px, batch 16', { config: 'mini', rows: 16, tokens: 16 }],
];

export const trainingSuite: Suite = {
  name: 'training',
  about: 'One step of stage 1: both losses, their gradients, LAMB; random images and texts',
  cases: cases.map(
    ([name, shape, when]): OwnCase => ({
      kind: 'own',
      name,
      batch: shape.rows,
      per: { count: shape.rows, unit: 'images' },
      ...(when && { when }),
      start: (context) => startTraining(context, shape),
    }),
  ),
};
