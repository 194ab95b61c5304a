import { interpret, printGraph } from '../../dsl/index.ts';
import { randomGraph } from '../support/random-graphs.ts';
let [nodes, fails] = [0, 0];
const seen = new Map<string, number>();
for (let seed = 0; seed < 300; seed++) {
  try {
    const { graph, given, sizes } = randomGraph(seed);
    nodes += graph.nodes.length;
    for (const n of graph.nodes) seen.set(n.operator.name, (seen.get(n.operator.name) ?? 0) + 1);
    const { outputs } = interpret(graph, given, sizes);
    for (const [k, v] of Object.entries(outputs)) if (v.some((x) => !Number.isFinite(x))) { console.log(seed, k, 'not finite'); }
    if (seed === 3) console.log(printGraph(graph), sizes);
  } catch (e) { fails++; if (fails < 8) console.log(seed, (e as Error).stack?.split('\n').slice(0, 4).join('\n')); }
}
console.log(nodes, fails, seen);
