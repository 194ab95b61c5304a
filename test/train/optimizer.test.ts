// The optimiser's graph against plain loops, step by step.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Dim,
  dim,
  fixedExtent,
  type Graph,
  input,
  interpret,
  state,
  type Tensor,
  trace,
} from '../../dsl/index.ts';
import type { SourceAttributes } from '../../dsl/ops/sources.ts';
import type { Target } from '../../kernels/ir.ts';
import { random } from '../../model/random.ts';
import {
  type Learned,
  momentNames,
  type OptimizerSettings,
  optimize,
  optimizerInput,
  paperOptimizer,
} from '../../model/train/graph/optimizer.ts';
import type { StageName } from '../../model/train/graph/stages.ts';
import { stages } from '../../model/train/graph/stages.ts';
import { trainingParts, trainingStep } from '../../model/train/graph/step.ts';
import { relativeError } from '../../model/verify/tolerances.ts';
import { loweringFault } from '../support/evaluate-graph.ts';
import { microConfig } from './micro-model.ts';

const test = suite('optimiser');

type Values = readonly number[];

/** A parameter that learns, with the values that it begins with. */
interface Parameter extends Pick<Learned, 'name' | 'rate' | 'decays' | 'range'> {
  readonly shape: readonly Dim[];
  readonly start: Values;
}

const [A, B, C] = [dim('A', 3), dim('B', 4), dim('C', 2)];
const count = (shape: readonly Dim[]): number => shape.reduce((n, { extent }) => n * fixedExtent(extent)!, 1);

function noise(name: string, shape: readonly Dim[], size = 1): Values {
  const { normal } = random(1, name);
  return Array.from({ length: count(shape) }, () => size * normal());
}

const parameters: readonly Parameter[] = [
  { name: 'matrix', shape: [A, B], rate: 'base', decays: true, start: noise('matrix', [A, B]) },
  { name: 'vector', shape: [B], rate: 'base', decays: false, start: noise('vector', [B]) },
  { name: 'cube', shape: [C, A, B], rate: 'projection', decays: true, start: noise('cube', [C, A, B], 0.1) },
  { name: 'from nothing', shape: [A, C], rate: 'base', decays: true, start: Array<number>(6).fill(0) },
  { name: 'scalar', shape: [], rate: 'projection', decays: false, range: [0, 2], start: [1.99] },
];

function stepOf(settings: OptimizerSettings): Graph {
  const learned = parameters.map(
    ({ shape, start: _, ...one }): Learned => ({
      ...one,
      value: state(one.name, shape) as Tensor,
      gradient: input(`gradient ${one.name}`, shape) as Tensor,
    }),
  );
  const { updates, gradientNorm, squaredNorms } = optimize(learned, settings);
  return trace('step', { gradientNorm, squaredNorms }, updates);
}

// ---------------------------------------------------------------- the same in plain loops

type Memory = Map<string, { value: Values; first: Values; second: Values }>;
type Gradients = Readonly<Record<string, Values>>;

const startOf = (): Memory =>
  new Map(
    parameters.map(({ name, start }) => {
      const zeros = start.map(() => 0);
      return [name, { value: start, first: zeros, second: zeros }];
    }),
  );

const norm = (x: Values): number => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));

interface Rates {
  readonly base: number;
  readonly projection: number;
}

/** Loshchilov & Hutter 2019, algorithm 2, and You et al. 2020, algorithm 2, with gradients clipped before. */
function plainStep(memory: Memory, gradients: Gradients, settings: OptimizerSettings, rates: Rates, t: number): Memory {
  const {
    betas: [beta1, beta2],
    epsilon,
    weightDecay,
    clipNorm,
  } = settings;
  const joint = norm(Object.values(gradients).flat());
  const scale = joint > clipNorm ? clipNorm / joint : 1;
  return new Map(
    parameters.map(({ name, rate, decays, range: [lowest, highest] = [-Infinity, Infinity] }) => {
      const { value, first, second } = memory.get(name)!;
      const g = gradients[name]!.map((x) => x * scale);
      const m = first.map((x, i) => beta1 * x + (1 - beta1) * g[i]!);
      const v = second.map((x, i) => beta2 * x + (1 - beta2) * g[i]! ** 2);
      const step = m.map((x, i) => {
        const direction = x / (1 - beta1 ** t) / (Math.sqrt(v[i]! / (1 - beta2 ** t)) + epsilon);
        return decays ? direction + weightDecay * value[i]! : direction;
      });
      const hasRatio = settings.name === 'lamb' && decays && norm(value) > 0 && norm(step) > 0;
      const size = rates[rate] * (hasRatio ? norm(value) / norm(step) : 1);
      const moved = value.map((x, i) => Math.min(Math.max(x - size * step[i]!, lowest), highest));
      return [name, { value: moved, first: m, second: v }];
    }),
  );
}

// ---------------------------------------------------------------- steps

const rates: Rates = { base: 0.01, projection: 0.03 };

/** Gradients of a step: their joint norm is `size`; those that are named are zero. */
function gradientsOf(step: number, size: number, zero: readonly string[] = []): Gradients {
  const raw = parameters.map(({ name, shape }) => {
    const values = noise(`${step} ${name}`, shape);
    return [name, zero.includes(name) ? values.map(() => 0) : values] as const;
  });
  const joint = norm(raw.flatMap(([, values]) => values)) || 1;
  return Object.fromEntries(raw.map(([name, values]) => [name, values.map((x) => (x * size) / joint)]));
}

const corrected = (settings: OptimizerSettings, step: number): Values => [
  ...[rates.base, rates.projection],
  ...settings.betas.map((beta) => 1 / (1 - beta ** step)),
];

type States = Readonly<Record<string, ArrayLike<number>>>;

const stateOf = (memory: Memory): States =>
  Object.fromEntries(
    [...memory].flatMap(([name, { value, first, second }]) => {
      const moments = momentNames(name);
      return [
        [name, value],
        [moments.first, first],
        [moments.second, second],
      ];
    }),
  );

const inputsOf = (gradients: Gradients): States =>
  Object.fromEntries(Object.entries(gradients).map(([name, values]) => [`gradient ${name}`, values]));

const all = parameters.map(({ name }) => name);

/** The gradients of five steps: clipped, not clipped, of some and of all parameters nothing. */
const sequence: readonly Gradients[] = [
  gradientsOf(1, 5),
  gradientsOf(2, 0.4),
  gradientsOf(3, 0.9, ['vector', 'from nothing']),
  gradientsOf(4, 0, all),
  gradientsOf(5, 1.5),
];

const variants: Readonly<Record<string, OptimizerSettings>> = {
  LAMB: paperOptimizer,
  AdamW: { ...paperOptimizer, name: 'adamw', betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
  'LAMB without decay': { ...paperOptimizer, weightDecay: 0, clipNorm: 0.5 },
};

for (const [variant, settings] of Object.entries(variants)) {
  test(`${variant}: parameters and moments of five steps are those of plain loops`, () => {
    const graph = stepOf(settings);
    let memory = startOf();
    let states: States = Object.fromEntries(parameters.map(({ name, start }) => [name, start]));
    sequence.forEach((gradients, i) => {
      const given = { ...states, ...inputsOf(gradients), optimizer: corrected(settings, i + 1) };
      const result = interpret(graph, given);
      states = { ...states, ...result.states };
      memory = plainStep(memory, gradients, settings, rates, i + 1);
      for (const [name, due] of Object.entries(stateOf(memory))) {
        const error = relativeError(states[name]!, due);
        assert.ok(error <= 1e-12, `step ${i + 1}: ${name} is off by ${error}`);
      }
      assert.ok(Math.abs(result.outputs.gradientNorm![0]! - norm(Object.values(gradients).flat())) <= 1e-12);
      const squares = parameters.map(({ name }) => norm(gradients[name]!) ** 2);
      assert.ok(relativeError(result.outputs.squaredNorms!, squares) <= 1e-9);
    });
  });
}

test('the scalar stops at the end of its range, on either side', () => {
  const graph = stepOf(paperOptimizer);
  const pushed = (by: number): number => {
    const gradients = { ...gradientsOf(1, 0, all), scalar: [by] };
    const begin = Object.fromEntries(parameters.map(({ name, start }) => [name, start]));
    const optimizer = [0.01, 5, ...corrected(paperOptimizer, 1).slice(2)];
    return interpret(graph, { ...begin, ...inputsOf(gradients), optimizer }).states.scalar![0]!;
  };
  assert.equal([pushed(-1), pushed(1)], [2, 0]);
});

const broken: Readonly<Record<string, number>> = { NaN: Number.NaN, '∞': Infinity, '−∞': -Infinity };

for (const [name, value] of Object.entries(broken)) {
  test(`a gradient that is ${name} changes not one bit, and tells where it is`, () => {
    const graph = stepOf(paperOptimizer);
    const learnt = stateOf(
      sequence
        .slice(0, 2)
        .reduce((memory, gradients, i) => plainStep(memory, gradients, paperOptimizer, rates, i + 1), startOf()),
    );
    const gradients = { ...sequence[4]!, cube: sequence[4]!.cube!.with(7, value) };
    const given = { ...learnt, ...inputsOf(gradients), optimizer: corrected(paperOptimizer, 3) };
    const { outputs, states } = interpret(graph, given);
    assert.not(Number.isFinite(outputs.gradientNorm![0]));
    assert.equal(
      [...outputs.squaredNorms!].map((square) => Number.isFinite(square)),
      parameters.map((one) => one.name !== 'cube'),
    );
    for (const [state, before] of Object.entries(learnt))
      assert.equal([...states[state]!], [...Array.from(before)], state);
  });
}

test('the fused step is the interpreter’s, for each backend, with sound gradients and without', () => {
  const wgsl = { subgroups: false, f16: false, maxStorageBuffers: 8, maxWorkgroupStorage: 16384, maxInvocations: 256 };
  const targets: readonly Target[] = [
    { language: 'assembly', simd: 'relaxed' },
    { language: 'wgsl', ...wgsl },
  ];
  const graph = stepOf(paperOptimizer);
  const given = {
    ...stateOf(plainStep(startOf(), sequence[0]!, paperOptimizer, rates, 1)),
    optimizer: corrected(paperOptimizer, 2),
  };
  const zeros = { 'optimizer.squaredNorms': 5, 'optimizer.valueNorms': 3, 'optimizer.stepNorms': 3 };
  const slots = Object.fromEntries(Object.entries(zeros).map(([name, length]) => [name, new Float64Array(length)]));
  for (const target of targets)
    for (const gradients of [sequence[1]!, { ...sequence[1]!, cube: sequence[1]!.cube!.with(3, Infinity) }])
      assert.is(loweringFault(graph, { ...given, ...slots, ...inputsOf(gradients) }, {}, target), undefined);
});

test('optimizerInput: both rates, and what bias the moments still have', () => {
  const numbers = { baseRate: 0.125, projectionRate: 0.5 };
  const betas = [0.5, 0.75] as const;
  assert.equal(optimizerInput({ betas }, { ...numbers, step: 1 }), Float32Array.of(0.125, 0.5, 2, 4));
  assert.equal(optimizerInput({ betas }, { ...numbers, step: 2 }), Float32Array.of(0.125, 0.5, 4 / 3, 16 / 7));
  const late = optimizerInput(paperOptimizer, { ...numbers, step: 100_000 });
  assert.equal([...late], [0.125, 0.5, 1, 1]);
});

// ---------------------------------------------------------------- what is frozen

const sources = ({ nodes }: Graph, kind: string): string[] =>
  nodes.filter(({ operator }) => operator.name === kind).map((x) => (x.attributes as SourceAttributes).name);

for (const stage of Object.keys(stages) as StageName[]) {
  test(`${stage}: what does not learn is no state, and nothing else changes`, () => {
    const parts = trainingParts(microConfig, stage);
    const graph = trainingStep(parts, paperOptimizer);
    const names = parts.learned.map(({ name }) => name);
    const moments = names.map(momentNames).flatMap(({ first, second }) => [first, second]);
    const slots = ['optimizer.squaredNorms', 'optimizer.valueNorms', 'optimizer.stepNorms'];
    assert.equal(sources(graph, 'state').sort(), [...names, ...moments, ...slots].sort());
    assert.ok(names.every((name) => stages[stage].learns(name)));
    const frozen = sources(graph, 'parameter');
    assert.ok(frozen.length > 0 && !frozen.some((name) => stages[stage].learns(name) && name !== 'rope.frequencies'));
  });
}

test.run();
