/**
 * Reverse mode, graph → graph: gradients are nodes like any other, so that forward, backward and optimiser are one graph.
 * Only what lies between the loss and the tensors asked for is differentiated.
 */
import { formatShape } from './dim.ts';
import { MmgemError } from './errors.ts';
import { add } from './ops/elementwise.ts';
import { isCheckpoint, recomputed } from './ops/passing.ts';
import { constant, type SourceAttributes } from './ops/sources.ts';
import type { Origin } from './origin.ts';
import { makeTensor, type Tensor, withInputs } from './tensor.ts';
import { inputsFirst } from './traversal.ts';

/** Gradients by the key of the tensor that they belong to. */
type Gradients = Map<string, Tensor>;

/**
 * The gradients of a loss with respect to tensors of its graph, each in that tensor's shape.
 * @throws MmgemError when the loss is no single float, or does not depend on one of them, or an operator between them has no derivative.
 */
export function gradients(loss: Tensor<readonly []>, withRespectTo: readonly Tensor[]): Tensor[] {
  const root = loss as Tensor;
  if (root.shape.length > 0 || root.type !== 'f32')
    throw new MmgemError(
      `gradients: the loss is ${root.type} ${formatShape(root.shape)} (${root.origin}); it must be one float: take its mean or sum`,
    );
  const targets = new Set(withRespectTo.map(({ key }) => key));
  const found = backpropagate(root, constant(1), targets);
  return withRespectTo.map((x) => {
    const gradient = found.get(x.key);
    if (gradient) return gradient;
    throw new MmgemError(`gradients: the loss does not depend on ${called(x)} ${formatShape(x.shape)} (${x.origin})`);
  });
}

/** `parameter visual.proj`, `linear`. */
const called = ({ operator, label, attributes }: Tensor): string =>
  operator.kind === 'source' ? `${operator.name} ${(attributes as SourceAttributes).name}` : label;

/** Gradients of the targets. What stands in `ends` is not looked into. */
function backpropagate(
  root: Tensor,
  seed: Tensor,
  targets: ReadonlySet<string>,
  ends: ReadonlySet<string> = new Set(),
): Gradients {
  const order = leadingTo(root, targets, ends);
  const relevant = new Set(order.map(({ key }) => key));
  const found: Gradients = new Map([[root.key, seed]]);
  const flow = (to: Tensor, gradient: Tensor): void => {
    if (!relevant.has(to.key)) return;
    const before = found.get(to.key);
    found.set(to.key, before ? add(before, gradient) : gradient);
  };
  for (const node of order.reverse()) {
    const gradient = found.get(node.key);
    if (!gradient || ends.has(node.key) || !node.inputs.some(({ key }) => relevant.has(key))) continue;
    if (isCheckpoint(node)) for (const [to, slope] of throughCheckpoint(node, gradient, relevant)) flow(to, slope);
    else derivativesOf(node, gradient).forEach((slope, i) => slope && flow(node.inputs[i]!, slope));
  }
  return found;
}

function derivativesOf(node: Tensor, gradient: Tensor): readonly (Tensor | undefined)[] {
  const { operator } = node;
  if (operator.differentiable === false)
    throw new MmgemError(
      `gradients: ${operator.name} (${node.origin}) cannot be differentiated; use detach if that is meant`,
    );
  const given = new Set([gradient, node, ...node.inputs].map(({ key }) => key));
  return (operator.derivative?.(gradient, node) ?? []).map((slope) => slope && ascribed(slope, node, given));
}

/** A gradient under the name and line of the forward pass that it belongs to, down to what it was made from. */
function ascribed(slope: Tensor, node: Tensor, given: ReadonlySet<string>): Tensor {
  const made = (): Origin => ({ line: node.origin, label: `${node.label}Gradient` });
  const done = new Map<string, Tensor>();
  const visit = (x: Tensor): Tensor => {
    if (given.has(x.key)) return x;
    const known = done.get(x.key) ?? withInputs(x, x.inputs.map(visit), made);
    done.set(x.key, known);
    return known;
  };
  return visit(slope);
}

/** The nodes that depend on a target and that the root depends on, inputs first. */
function leadingTo(root: Tensor, targets: ReadonlySet<string>, ends: ReadonlySet<string>): Tensor[] {
  const openInputs = ({ type, key, inputs }: Tensor): readonly Tensor[] =>
    type === 'f32' && !ends.has(key) ? inputs : [];
  const leading = new Set<string>();
  return inputsFirst([root], openInputs).filter((node) => {
    const leads = targets.has(node.key) || openInputs(node).some(({ key }) => leading.has(key));
    if (leads) leading.add(node.key);
    return leads;
  });
}

/**
 * What flows out of a checkpointed block: its result is computed again from the block's input, and the gradient goes through this second
 * computation.
 */
function throughCheckpoint(node: Tensor, gradient: Tensor, relevant: ReadonlySet<string>): [Tensor, Tensor][] {
  const [result, input] = node.inputs as [Tensor, Tensor];
  const barrier = recomputed(input);
  const { again, captured } = replay(result, input, barrier);
  const ends = new Map(captured.filter(({ key }) => relevant.has(key)).map((x) => [x.key, x]));
  const targets = new Set([barrier.key, ...ends.keys()]);
  const found = backpropagate(again, gradient, targets, targets);
  const flowing: [Tensor, Tensor][] = [...ends].flatMap(([key, x]) => (found.has(key) ? [[x, found.get(key)!]] : []));
  const ofInput = found.get(barrier.key);
  return ofInput ? [[input, ofInput], ...flowing] : flowing;
}

/** The computation of `result` with another tensor in place of `input`, and what it takes from outside. */
function replay(result: Tensor, input: Tensor, instead: Tensor): { again: Tensor; captured: Tensor[] } {
  const copies = new Map<string, Tensor>([[input.key, instead]]);
  const captured = new Map<string, Tensor>();
  const inputsInside = (node: Tensor): readonly Tensor[] => (node.key === input.key ? [] : node.inputs);
  const order = inputsFirst([result], inputsInside).filter(({ key }) => key !== input.key);
  for (const node of order) {
    const inputs = node.inputs.map(({ key }) => copies.get(key)!);
    const isOutside = inputs.every((copy, i) => copy.key === node.inputs[i]!.key);
    const copy = isOutside
      ? node
      : withInputs(makeTensor(node.operator, inputs, node.attributes, node.shape, node.type), inputs, node.made);
    if (!isOutside) for (const x of node.inputs) if (copies.get(x.key)!.key === x.key) captured.set(x.key, x);
    copies.set(node.key, copy);
  }
  const again = copies.get(result.key)!;
  // A block that makes nothing of its input is outside as a whole.
  if (again.key === result.key) captured.set(result.key, result);
  return { again, captured: [...captured.values()] };
}
