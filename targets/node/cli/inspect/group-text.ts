/** What fusion decided, written for people. */
import { formatShape } from '../../../../dsl/dim.ts';
import type { Tensor } from '../../../../dsl/tensor.ts';
import type { FusedGraph } from '../../../../kernels/passes/fused-graph.ts';

/** One paragraph a kernel: what it is built around, what it takes in, what it stores. */
export function groupsText({ graph, groups }: FusedGraph): string {
  const numbers = new Map(graph.nodes.map((node, i) => [node.key, `%${i}`]));
  const nameOf = (node: Tensor): string => `${numbers.get(node.key)} ${node.operator.name}`;
  const paragraphs = groups.map(({ kind, anchor, members, result, extras }, i) => {
    const labels = [...new Set(members.map(({ label }) => label))].join(' + ');
    return [
      `group ${i}: ${kind}, ${labels}`,
      `  around ${nameOf(anchor)}`,
      `  members ${members.map(nameOf).join(', ')}`,
      `  stores ${[result, ...extras].map((node) => `${nameOf(node)} ${formatShape(node.shape)}`).join(', ')}`,
    ].join('\n');
  });
  return [`${graph.name}: ${graph.nodes.length} nodes in ${groups.length} groups`, ...paragraphs].join('\n\n');
}
