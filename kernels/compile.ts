/** From graph to step: simplify → fuse → lower → layout. Choosing variants and printing belong to the printers. */
import type { Graph } from '../dsl/graph.ts';
import { panelWidth } from './assembly/tile.ts';
import type { Step, Target } from './ir.ts';
import { buffersOf } from './operands.ts';
import { fuse } from './passes/fuse.ts';
import type { FusedGraph, Group } from './passes/fused-graph.ts';
import { layout } from './passes/layout.ts';
import { lower } from './passes/lower.ts';
import { simplify } from './passes/simplify.ts';
import { verifyStep } from './passes/verify.ts';

export interface CompileOptions {
  /** False: a kernel for every operator, for comparison. */
  readonly fused?: boolean;
}

/** What the passes made on the way, for `inspect`. */
export interface Compilation {
  readonly simplified: Graph;
  readonly fused: FusedGraph;
  readonly step: Step;
}

/** Storage buffers that a kernel may use, the sizes' uniform not counted. */
const maxBuffers = (target: Target): number =>
  target.language === 'wgsl' ? target.maxStorageBuffers : Number.POSITIVE_INFINITY;

/** The pointwise input of a kernel that reads most itself: stored, it takes those reads out of the kernel. */
function toStore(group: Group, stored: ReadonlySet<string>): string | undefined {
  const candidates = group.members
    .flatMap(({ inputs }) => inputs)
    .filter((x) => x.operator.kind === 'pointwise' && x.inputs.length > 0 && x.type !== 'bool')
    .filter(({ key }) => !stored.has(key) && !group.members.some((member) => member.key === key));
  return candidates.sort((a, b) => b.inputs.length - a.inputs.length)[0]?.key;
}

export function compile(graph: Graph, target: Target, { fused = true }: CompileOptions = {}): Compilation {
  const simplified = simplify(graph);
  const store = new Set<string>();
  for (;;) {
    const fusedGraph = fuse(simplified, { fused, store });
    const lowered = lower(fusedGraph);
    const crowded = lowered.kernels.findIndex((kernel) => buffersOf(kernel).length > maxBuffers(target));
    const relief = crowded >= 0 && fusedGraph.groups[crowded] ? toStore(fusedGraph.groups[crowded], store) : undefined;
    if (relief === undefined) {
      const step = layout(lowered, target.language === 'assembly' ? panelWidth(target) : undefined);
      verifyStep(step);
      return { simplified, fused: fusedGraph, step };
    }
    store.add(relief);
  }
}

/** The step of a graph for a target. */
export function compileGraph(graph: Graph, target: Target, options?: CompileOptions): Step {
  return compile(graph, target, options).step;
}
