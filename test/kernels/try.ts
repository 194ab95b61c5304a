import { printGraph } from '../../dsl/index.ts';
import { loweringFault, smallestFaulty } from '../support/evaluate-graph.ts';
import { randomGraph } from '../support/random-graphs.ts';

const target =
  process.argv[2] === 'wgsl'
    ? ({
        language: 'wgsl',
        subgroups: true,
        f16: false,
        maxWorkgroupStorage: 16384,
        maxInvocations: 256,
        maxStorageBuffers: 8,
      } as const)
    : ({ language: 'assembly', simd: 'relaxed' } as const);
const fused = process.argv[3] !== 'unfused';
const [from, to] = (process.argv[4] ?? '0-300').split('-').map(Number) as [number, number];
let fails = 0;
const small: [number, string][] = [];
for (let seed = from; seed < to; seed++) {
  const { graph, given, sizes } = randomGraph(seed, process.argv[6] ? { onlyMovement: true, operations: 12 } : {});
  if (loweringFault(graph, given, sizes, target, { fused }) === undefined) continue;
  fails++;
  const s = smallestFaulty(graph, (p) => loweringFault(p, given, sizes, target, { fused }) !== undefined);
  small.push([
    s.nodes.length,
    `seed ${seed} ${JSON.stringify(sizes)}\n${printGraph(s)}\n${loweringFault(s, given, sizes, target, { fused })?.split('\n').slice(0, 5).join('\n')}\n`,
  ]);
}
small.sort((a, b) => a[0] - b[0]);
for (const [, t] of small.slice(0, Number(process.argv[5] ?? 4))) console.log(t);
console.log('fails', fails, 'of', to - from);
