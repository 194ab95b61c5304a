/** simplify: rewrites a graph by a table of rules, each of which leaves every element as it is. */
import { type FunctionName, scalarFunction, scalarFunctions } from '../../dsl/functions.ts';
import { type Graph, trace } from '../../dsl/graph.ts';
import { constant } from '../../dsl/ops/sources.ts';
import { makeTensor, type Tensor } from '../../dsl/tensor.ts';

interface Rule {
  readonly name: string;
  readonly operator: string;
  /** What the node may be replaced by, or undefined where the rule does not apply. */
  rewrite(node: Tensor): Tensor | undefined;
}

const isConstant = (x: Tensor, value: number): boolean =>
  x.operator.name === 'constant' && (x.attributes as { value: number }).value === value;

const sameShape = (a: Tensor, b: Tensor): boolean =>
  a.shape.length === b.shape.length &&
  a.shape.every(({ name, extent }, i) => name === b.shape[i]!.name && extent.key === b.shape[i]!.extent.key);

/** x when `other` changes nothing. */
const unlessNeutral = (neutral: number, node: Tensor, either: boolean): Tensor | undefined => {
  const [a, b] = node.inputs as [Tensor, Tensor];
  if (isConstant(b, neutral) && sameShape(a, node)) return a;
  return either && isConstant(a, neutral) && sameShape(b, node) ? b : undefined;
};

const alreadySo = (node: Tensor): Tensor | undefined => (sameShape(node.inputs[0]!, node) ? node.inputs[0] : undefined);

const composed = (order: readonly number[], before: readonly number[]): number[] => order.map((axis) => before[axis]!);

export const rules: readonly Rule[] = [
  { name: 'x + 0 = x', operator: 'add', rewrite: (node) => unlessNeutral(0, node, true) },
  { name: 'x − 0 = x', operator: 'sub', rewrite: (node) => unlessNeutral(0, node, false) },
  { name: 'x · 1 = x', operator: 'mul', rewrite: (node) => unlessNeutral(1, node, true) },
  { name: 'x / 1 = x', operator: 'div', rewrite: (node) => unlessNeutral(1, node, false) },
  { name: 'a permutation that moves nothing', operator: 'permute', rewrite: alreadySo },
  { name: 'an expansion to the same shape', operator: 'expand', rewrite: alreadySo },
  { name: 'a renaming to the same name', operator: 'rename', rewrite: alreadySo },
  { name: 'an end of gradients', operator: 'detach', rewrite: (node) => node.inputs[0] },
  { name: 'a checkpoint, whose use is over', operator: 'checkpoint', rewrite: (node) => node.inputs[0] },
  {
    name: 'a concatenation of one',
    operator: 'concat',
    rewrite: (node) => (node.inputs.length === 1 ? node.inputs[0] : undefined),
  },
  {
    name: 'a slice of everything',
    operator: 'slice',
    rewrite: (node) => {
      const { start, step } = node.attributes as { start: { key: string }; step: number };
      return start.key === '0' && step === 1 ? alreadySo(node) : undefined;
    },
  },
  {
    name: 'two permutations are one',
    operator: 'permute',
    rewrite: (node) => {
      const before = node.inputs[0]!;
      if (before.operator !== node.operator) return undefined;
      const order = composed(node.attributes as number[], before.attributes as number[]);
      return makeTensor(node.operator, before.inputs, order, node.shape, node.type);
    },
  },
];

const rulesByOperator: ReadonlyMap<string, readonly Rule[]> = new Map(
  rules.map(({ operator }) => [operator, rules.filter((rule) => rule.operator === operator)]),
);

/** A function of numbers alone is a number. */
function folded(node: Tensor): Tensor | undefined {
  const { operator, inputs, shape, type } = node;
  const values = inputs.map((x) =>
    x.operator.name === 'constant' ? (x.attributes as { value: number }).value : undefined,
  );
  const isFunction = operator.kind === 'pointwise' && operator.name in scalarFunctions && inputs.length > 0;
  if (!isFunction || shape.length > 0 || type === 'bool' || values.includes(undefined)) return undefined;
  const [a, b, c] = values as number[];
  return constant(scalarFunction(operator.name as FunctionName).evaluate(a!, b!, c!), type);
}

/** Elementwise functions repeat operands by themselves where another has all dimensions: what repeats one before is dropped. */
function withoutExpansion(node: Tensor): Tensor | undefined {
  const { operator, inputs } = node;
  if (operator.kind !== 'pointwise' || operator.cost !== 'arithmetic') return undefined;
  const whole = inputs.find((x) => x.operator.name !== 'expand' && sameShape(x, node));
  if (!whole || !inputs.some((x) => x.operator.name === 'expand')) return undefined;
  const plain = inputs.map((x) => (x.operator.name === 'expand' ? x.inputs[0]! : x));
  return { ...makeTensor(operator, plain, node.attributes, node.shape, node.type), ...told(node) };
}

/** A node keeps the user's line. */
const told = ({ origin, label }: Tensor): Pick<Tensor, 'origin' | 'label'> => ({ origin, label });

/** Applies the rules from the inputs on, each node until none applies. */
export function simplify(graph: Graph): Graph {
  const done = new Map<string, Tensor>();
  const visit = (node: Tensor): Tensor => {
    const known = done.get(node.key);
    if (known) return known;
    const inputs = node.inputs.map(visit);
    const same = inputs.every((input, i) => input === node.inputs[i]);
    // Its key must be that of what it has become.
    const renewed = same
      ? node
      : { ...makeTensor(node.operator, inputs, node.attributes, node.shape, node.type), ...told(node) };
    const matching = rulesByOperator.get(node.operator.name) ?? [];
    const simpler = matching.reduce(
      (found, rule) => found ?? rule.rewrite(renewed),
      folded(renewed) ?? withoutExpansion(renewed),
    );
    const result = simpler ? (done.get(simpler.key) ?? simpler) : renewed;
    done.set(node.key, result);
    done.set(result.key, result);
    return result;
  };
  const outputs = Object.fromEntries(Object.entries(graph.outputs).map(([name, x]) => [name, visit(x)]));
  return trace(graph.name, outputs, graph.updates.map(visit));
}
