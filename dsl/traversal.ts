/** The order of a graph's tensors, found without recursion: chains may be of any length. */
import type { Tensor } from './tensor.ts';

/**
 * Everything that the roots need, and they themselves, each key once: inputs before what uses them, in the order of the inputs.
 * @param inputsOf what is looked into from a tensor; all of its inputs unless told
 */
export function inputsFirst(
  roots: readonly Tensor[],
  inputsOf: (x: Tensor) => readonly Tensor[] = ({ inputs }) => inputs,
): Tensor[] {
  const order: Tensor[] = [];
  const seen = new Set<string>();
  const open: { readonly node: Tensor; readonly inputs: readonly Tensor[]; next: number }[] = [];
  const enter = (node: Tensor): void => {
    if (seen.has(node.key)) return;
    seen.add(node.key);
    open.push({ node, inputs: inputsOf(node), next: 0 });
  };
  for (const root of roots) {
    enter(root);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const input = top.inputs[top.next++];
      if (input !== undefined) enter(input);
      else order.push(open.pop()!.node);
    }
  }
  return order;
}
