import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { printGraph } from '../../dsl/index.ts';
import type { Target } from '../../kernels/ir.ts';
import { loweringFault, smallestFaulty } from '../support/evaluate-graph.ts';
import { randomGraph } from '../support/random-graphs.ts';

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

for (const [name, target] of Object.entries(targets)) {
  for (const fused of [true, false]) {
    test(`${fused ? 'fused' : 'unfused'} kernels for ${name} equal the interpreter on ${seeds} graphs`, () => {
      for (let seed = 0; seed < seeds; seed++) {
        const { graph, given, sizes } = randomGraph(seed);
        const fault = loweringFault(graph, given, sizes, target, { fused });
        if (fault === undefined) continue;
        const smallest = smallestFaulty(
          graph,
          (part) => loweringFault(part, given, sizes, target, { fused }) !== undefined,
        );
        assert.unreachable(
          `seed ${seed}: ${fault}\nsizes ${JSON.stringify(sizes)}, smallest:\n${printGraph(smallest)}\n` +
            `${loweringFault(smallest, given, sizes, target, { fused })}`,
        );
      }
    });
  }
}

test.run();
