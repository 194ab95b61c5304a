// A step in chunks equals a step on the whole batch: losses, gradients by what they do to parameters and moments.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { interpret, type Sizes } from '../../dsl/index.ts';
import { chunkedPrograms } from '../../model/train/chunked-programs.ts';
import { optimizerInput, paperOptimizer } from '../../model/train/graph/optimizer.ts';
import type { StageName } from '../../model/train/graph/stages.ts';
import { stages, unweighted } from '../../model/train/graph/stages.ts';
import type { Outputs, TrainerOptions, TrainingPrograms } from '../../model/train/programs.ts';
import { wholePrograms } from '../../model/train/whole-programs.ts';
import type { HostArray } from '../../runtime/seam.ts';
import { microBatch, microConfig, microParameters } from './micro-model.ts';

const test = suite('training in chunks');

const rows = 5;
const batch = microBatch(microConfig, rows, 3);

type Values = Readonly<Record<string, ArrayLike<number>>>;

/** Runs steps of the programs in float64, with the states that they hand each other. */
async function train(programs: TrainingPrograms, steps: number): Promise<{ losses: Outputs; states: Values }> {
  let states: Values = microParameters(microConfig, 1);
  for (const [name, elements] of programs.workspace) states = { ...states, [name]: new Float64Array(elements) };
  const step = async (program: number, inputs: Readonly<Record<string, HostArray>>, sizes: Sizes): Promise<Outputs> => {
    const result = interpret(programs.graphs[program]!, { ...states, ...inputs }, sizes);
    states = { ...states, ...result.states };
    return result.outputs as unknown as Outputs;
  };
  let losses: Outputs = {};
  for (let i = 1; i <= steps; i++) {
    const optimizer = optimizerInput(paperOptimizer, { baseRate: 0.01, projectionRate: 0.02, step: i });
    losses = await programs.run(step, batch, { optimizer });
  }
  return { losses, states };
}

const optionsOf = (stage: StageName, lossWeights = unweighted) =>
  ({
    lossWeights,
    name: stage,
    config: microConfig,
    stage,
    optimizer: paperOptimizer,
    batchSize: rows,
  }) as unknown as TrainerOptions;

for (const stage of Object.keys(stages) as StageName[]) {
  // The last chunk is shorter; one chunk may hold more than the batch.
  for (const chunk of stage === 'stage1' ? [2, 64] : [2]) {
    test(`${stage}: chunks of ${chunk} of ${rows} rows`, async () => {
      const whole = await train(wholePrograms(optionsOf(stage)), 2);
      const chunked = await train(chunkedPrograms(optionsOf(stage), chunk), 2);
      assert.is(Number(whole.losses.gradientNorm![0]) > 1e-3, true, 'there is something to learn');
      assertSame(chunked, whole);
    });
  }
}

test('losses with weights: their sum, the losses as they are, and other gradients than without', async () => {
  const weights = { emb: 0.25, gen: 3 };
  const whole = await train(wholePrograms(optionsOf('stage1', weights)), 2);
  const chunked = await train(chunkedPrograms(optionsOf('stage1', weights), 2), 2);
  assertSame(chunked, whole);
  const first = await train(wholePrograms(optionsOf('stage1', weights)), 1);
  const plain = await train(wholePrograms(optionsOf('stage1')), 1);
  const [emb, gen, total] = ['emb', 'gen', 'total'].map((name) => Number(first.losses[name]![0]));
  assertClose([total!], [0.25 * emb! + 3 * gen!], 'total');
  for (const name of ['v2t', 't2v', 'emb', 'gen']) assertClose(first.losses[name]!, plain.losses[name]!, name);
  assert.ok(Math.abs(Number(first.losses.gradientNorm![0]) / Number(plain.losses.gradientNorm![0]) - 1) > 0.1);
});

type Trained = Awaited<ReturnType<typeof train>>;

function assertSame(chunked: Trained, whole: Trained): void {
  // Losses of chunks are added up in float32.
  for (const [name, values] of Object.entries(whole.losses)) {
    if (name !== 'squaredNorms') assertClose(chunked.losses[name]!, values, name, 1e-6);
  }
  for (const [name, values] of Object.entries(whole.states)) {
    if (!name.startsWith('optimizer.squared')) assertClose(chunked.states[name]!, values, name);
  }
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string, tolerance = 1e-9): void {
  assert.is(actual?.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    assert.ok(
      difference <= tolerance * (1 + Math.abs(expected[i]!)),
      `${what}[${i}] is ${actual[i]}, not ${expected[i]}`,
    );
  }
}

test.run();
