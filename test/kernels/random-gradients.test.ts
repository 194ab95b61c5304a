import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Graph, interpret, printGraph, trace } from '../../dsl/index.ts';
import type { Target } from '../../kernels/ir.ts';
import { random } from '../../model/random.ts';
import { loweringFault, smallestFaulty } from '../support/evaluate-graph.ts';
import { type RandomTraining, randomTraining } from '../support/random-graphs.ts';

const test = suite('random graphs that learn');

const seeds = 60;

/** The slope of the loss along a random direction in everything that it depends on, by differences and by gradients. */
function slopes({ graph, loss, given, sizes }: RandomTraining): {
  readonly due: number;
  readonly slope: number;
  readonly size: number;
} {
  const { outputs } = interpret(graph, given, sizes);
  const forward = trace('loss', { loss });
  const directions = new Map<string, number[]>();
  const terms: number[] = [];
  for (const [output, gradient] of Object.entries(outputs)) {
    const [kind, name] = output.split('/') as [string, string];
    if (kind !== 'gradient') continue;
    const { normal } = random(1, name);
    const direction = Array.from(gradient, normal);
    directions.set(name, direction);
    terms.push(...direction.map((d, i) => d * gradient[i]!));
  }
  const at = (by: number): number => {
    const moved = [...directions].map(([name, direction]) => [
      name,
      Float64Array.from(given[name]!, (value, i) => value + by * direction[i]!),
    ]);
    return interpret(forward, { ...given, ...Object.fromEntries(moved) }, sizes).outputs.loss![0]!;
  };
  const step = 1e-6;
  return {
    due: (at(step) - at(-step)) / (2 * step),
    slope: terms.reduce((a, b) => a + b, 0),
    size: terms.reduce((a, b) => a + Math.abs(b), 0),
  };
}

test(`gradients of ${seeds} graphs are slopes of their losses`, () => {
  for (let seed = 0; seed < seeds; seed++) {
    const made = randomTraining(seed);
    const { due, slope, size } = slopes(made);
    const isRight = Math.abs(slope - due) <= 1e-5 * size + 1e-8;
    assert.ok(
      isRight,
      isRight
        ? ''
        : `seed ${seed}: ${slope} instead of ${due} (${size})\n${printGraph(trace('loss', { loss: made.loss }))}`,
    );
  }
});

/** Eight storage buffers are what every WebGPU device has: large fused kernels must be taken apart. */
const targets: Readonly<Record<string, Target>> = {
  assembly: { language: 'assembly', simd: 'relaxed' },
  wgsl: {
    language: 'wgsl',
    subgroups: true,
    f16: false,
    maxWorkgroupStorage: 16384,
    maxInvocations: 256,
    maxStorageBuffers: 8,
  },
};

for (const [name, target] of Object.entries(targets)) {
  // What is not fused is the same for all backends, but for weights in panels.
  for (const fused of name === 'assembly' ? [true, false] : [true]) {
    test(`${seeds} graphs with gradients and updates, ${fused ? 'fused' : 'unfused'} for ${name}, equal the interpreter`, async () => {
      for (let seed = 0; seed < seeds; seed++) {
        const { graph, given, sizes } = randomTraining(seed);
        const faultOf = (part: Graph): string | undefined => loweringFault(part, given, sizes, target, { fused });
        const fault = faultOf(graph);
        if (fault === undefined) continue;
        const smallest = await smallestFaulty(graph, (part) => faultOf(part) !== undefined);
        assert.unreachable(
          `seed ${seed}: ${fault}\nsizes ${JSON.stringify(sizes)}, the smallest part with a fault:\n` +
            `${printGraph(smallest)}\n${faultOf(smallest)}`,
        );
      }
    });
  }
}

test.run();
