/** A traced graph: every tensor that some results need, each once, inputs before what uses them. */
import { digest } from './digest.ts';
import { formatShape } from './dim.ts';
import { MmgemError } from './errors.ts';
import { type Extent, formatExtent, symbolsOf } from './extent.ts';
import type { SourceAttributes } from './ops/sources.ts';
import { attributeText, type Tensor, withInputs } from './tensor.ts';
import { inputsFirst } from './traversal.ts';

/** A size given anew at every run. */
export interface GraphSize {
  readonly name: string;
  readonly max?: number;
}

export interface Graph {
  readonly name: string;
  /** In an order in which inputs come first; equal tensors stand once. */
  readonly nodes: readonly Tensor[];
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** State updates, which happen even when no output needs them. */
  readonly updates: readonly Tensor[];
  readonly sizes: readonly GraphSize[];
}

/**
 * Collects what the outputs and state updates need.
 * @throws MmgemError when one name stands for two different inputs, parameters or states.
 */
export function trace(name: string, outputs: Readonly<Record<string, Tensor>>, updates: readonly Tensor[] = []): Graph {
  // Equal tensors become one object: what works on graphs may compare nodes by identity.
  const byKey = new Map<string, Tensor>();
  const canonical = ({ key }: Tensor): Tensor => byKey.get(key)!;
  for (const x of inputsFirst([...Object.values(outputs), ...updates])) {
    const inputs = x.inputs.map(canonical);
    byKey.set(x.key, inputs.every((input, i) => input === x.inputs[i]) ? x : withInputs(x, inputs));
  }
  const results = Object.fromEntries(Object.entries(outputs).map(([output, x]) => [output, canonical(x)]));
  const effects = updates.map(canonical);
  const nodes = [...byKey.values()];
  checkSources(name, nodes);
  return { name, nodes, outputs: results, updates: effects, sizes: sizesOf(nodes) };
}

/** Equal for graphs that compute, name and limit the same: what may be used for one may be used for the other. */
export function graphKey({ name, outputs, updates, sizes }: Graph): string {
  const results = Object.entries(outputs).map(([output, { key }]) => [output, key]);
  return digest(JSON.stringify([name, results, updates.map(({ key }) => key), sizes]));
}

function checkSources(graph: string, nodes: readonly Tensor[]): void {
  const byName = new Map<string, Tensor>();
  for (const node of nodes) {
    if (node.operator.kind !== 'source') continue;
    const { name } = node.attributes as SourceAttributes;
    const other = byName.get(name);
    if (other && other.key !== node.key) {
      const [a, b] = [other, node].map((x) => `${x.operator.name} ${formatShape(x.shape)} (${x.origin})`);
      throw new MmgemError(`graph ${graph}: two tensors are called ${name}: ${a} and ${b}; rename one`);
    }
    byName.set(name, node);
  }
}

function sizesOf(nodes: readonly Tensor[]): GraphSize[] {
  const sizes = new Map<string, GraphSize>();
  const use = (symbol: string, max?: number): void => {
    if (max !== undefined) sizes.set(symbol, { name: symbol, max });
    else if (!sizes.has(symbol)) sizes.set(symbol, { name: symbol });
  };
  for (const node of nodes) {
    for (const { name, extent, max } of node.shape) {
      for (const symbol of symbolsOf(extent)) use(symbol, symbol === name ? max : undefined);
    }
    for (const extent of attributesOf(node)
      .map(([, value]) => value)
      .filter(isExtent)) {
      for (const symbol of symbolsOf(extent)) use(symbol);
    }
  }
  return [...sizes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Where a slice begins, for instance, may depend on a size that no shape shows. */
function isExtent(value: unknown): value is Extent {
  return typeof value === 'object' && value !== null && 'terms' in value;
}

/** Attributes that have names, with these. */
function attributesOf({ attributes }: Tensor): [string, unknown][] {
  return typeof attributes === 'object' && attributes !== null && !Array.isArray(attributes)
    ? Object.entries(attributes)
    : [];
}

function shownAttributes(node: Tensor): string {
  if (node.attributes === null) return '';
  const named = attributesOf(node).map(([name, value]) => [name, isExtent(value) ? formatExtent(value) : value]);
  return ` ${attributeText(named.length > 0 ? Object.fromEntries(named) : node.attributes)}`;
}

/** One line a node, for people: `%7 = contract(%3, %5) {"over":["W"]} [B, T, E=512]  vit.ts:41`. */
export function printGraph(graph: Graph): string {
  const numbers = new Map(graph.nodes.map((node, i) => [node.key, `%${i}`]));
  const lines = graph.nodes.map((node) => {
    const args = node.inputs.map(({ key }) => numbers.get(key)).join(', ');
    const type = node.type === 'f32' ? '' : ` ${node.type}`;
    return `${numbers.get(node.key)} = ${node.operator.name}(${args})${shownAttributes(node)} ${formatShape(node.shape)}${type}  ${node.origin ?? ''}`.trimEnd();
  });
  const results = Object.entries(graph.outputs).map(([name, { key }]) => `${name} = ${numbers.get(key)}`);
  const updates = graph.updates.map(({ key }) => numbers.get(key));
  return [
    `graph ${graph.name}`,
    ...lines,
    `outputs ${results.join(', ')}`,
    ...(updates.length ? [`updates ${updates.join(', ')}`] : []),
  ].join('\n');
}
