import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { printGraph } from '../../dsl/index.ts';
import type { Target } from '../../kernels/ir.ts';
import { loweringFault, smallestFaulty } from '../support/evaluate-graph.ts';
import { type RandomGraphOptions, randomGraph } from '../support/random-graphs.ts';

const test = suite('random graphs lowered');

const seeds = 300;

const wgsl = {
  language: 'wgsl',
  subgroups: true,
  f16: false,
  maxWorkgroupStorage: 16384,
  maxInvocations: 256,
} as const;

/** Eight storage buffers are what every WebGPU device has: large fused kernels must be taken apart. */
const targets: Readonly<Record<string, Target>> = {
  assembly: { language: 'assembly', simd: 'relaxed' },
  wgsl: { ...wgsl, maxStorageBuffers: 8 },
};

/** What the graphs of each row are made of. */
const kinds: Readonly<Record<string, RandomGraphOptions>> = {
  'graphs of everything': {},
  'chains of movement': { onlyMovement: true, operations: 10 },
  'graphs that read states as they were': { readsOldStates: true },
};

async function assertLowered(seed: number, target: Target, fused: boolean, options: RandomGraphOptions): Promise<void> {
  const { graph, given, sizes } = randomGraph(seed, options);
  const fault = loweringFault(graph, given, sizes, target, { fused });
  if (fault === undefined) return;
  const smallest = await smallestFaulty(
    graph,
    (part) => loweringFault(part, given, sizes, target, { fused }) !== undefined,
  );
  assert.unreachable(
    `seed ${seed}: ${fault}\nsizes ${JSON.stringify(sizes)}, the smallest part with a fault:\n` +
      `${printGraph(smallest)}\n${loweringFault(smallest, given, sizes, target, { fused })}`,
  );
}

for (const [kind, options] of Object.entries(kinds)) {
  for (const [name, target] of Object.entries(targets)) {
    for (const fused of [true, false]) {
      test(`${seeds} ${kind}, ${fused ? 'fused' : 'unfused'} for ${name}, equal the interpreter`, async () => {
        for (let seed = 0; seed < seeds; seed++) await assertLowered(seed, target, fused, options);
      });
    }
  }
}

test.run();
