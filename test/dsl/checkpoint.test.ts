import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as d from '../../dsl/index.ts';
import { random } from '../../model/random.ts';

const test = suite('checkpoint');

const [B, T, W, F] = [d.dim('B', 2), d.dim('T', 3), d.dim('W', 4), d.dim('F', 6)];
type Rows = d.Tensor<readonly [typeof B, typeof T, typeof W]>;
type Block = (x: Rows) => Rows;

const x = d.input('x', [B, T, W]);
const mask = d.input('mask', [B, T]);
const scale = d.parameter('scale', [W]);

/** A residual block with weights of its own, and a mask and a scale that other blocks use too. */
const block =
  (name: string): Block =>
  (y) => {
    const h = d.gelu(
      d.linear(d.layerNorm(y, scale, d.parameter(`${name}.b`, [W]), 1e-5), d.parameter(`${name}.up`, [F, W])),
    );
    return d.add(y, d.mul(d.linear(h, d.parameter(`${name}.down`, [W, F])), mask));
  };
const [one, two, three] = [block('one'), block('two'), block('three')];

const plain = (f: Block, y: Rows): Rows => f(y);
const kept = (f: Block, y: Rows): Rows => d.checkpoint(f, y);

const total = (y: d.Tensor): d.Tensor<readonly []> =>
  d.sum(d.square(y), ...y.shape.map(({ name }) => name)) as d.Tensor as d.Tensor<readonly []>;

/** The loss of a network and its gradients of everything that comes from outside, as a graph. */
function graphOf(y: d.Tensor): d.Graph {
  const loss = total(y);
  const sources = d.trace('loss', { loss }).nodes.filter(({ operator }) => operator.kind === 'source');
  const slopes = d.gradients(loss, sources).map((slope, i) => {
    const { name } = sources[i]!.attributes as { name: string };
    return [name, slope] as const;
  });
  return d.trace('gradients', { loss, ...Object.fromEntries(slopes) });
}

function outputsOf(graph: d.Graph): Readonly<Record<string, readonly number[]>> {
  const sources = graph.nodes.filter(({ operator }) => operator.kind === 'source');
  const given = sources.map(({ attributes, shape }) => {
    const { name } = attributes as { name: string };
    const { normal } = random(1, name);
    const count = shape.reduce((product, { extent }) => product * d.fixedExtent(extent)!, 1);
    return [name, Array.from({ length: count }, normal)] as const;
  });
  const { outputs } = d.interpret(graph, Object.fromEntries(given));
  return Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, [...values]]));
}

const counted = (graph: d.Graph, operator: string): number =>
  graph.nodes.filter((node) => node.operator.name === operator).length;

type Apply = typeof plain;

/** The same network without and with checkpoints. */
const networks: Readonly<Record<string, (apply: Apply) => d.Tensor>> = {
  'a chain of blocks': (apply) => apply(three, apply(two, apply(one, x))),
  'a block whose result is used twice': (apply) => {
    const y = apply(one, x);
    return d.add(d.tanh(y), apply(two, y));
  },
  'blocks within a block': (apply) => apply((y) => apply(two, apply(one, y)), x),
  'blocks within blocks within a block, and work between them': (apply) =>
    apply((y) => d.sin(apply((z) => apply(two, d.tanh(apply(one, z))), apply(three, y))), x),
  'a block that takes a parameter through work outside of it': (apply) => {
    const w = d.exp(scale);
    return apply((y) => d.mul(d.sin(y), w), x);
  },
  'a block that writes down one parameter twice': (apply) => {
    const w = () => d.parameter('w', [W]);
    return apply((y) => d.mul(d.add(d.sin(y), d.tanh(w())), w()), x);
  },
  'a block that writes down work on a parameter twice': (apply) => {
    const w = () => d.exp(d.parameter('w', [W]));
    return apply((y) => d.mul(d.mul(d.sin(y), w()), w()), x);
  },
  'a block that does not use its input': (apply) =>
    d.mul(
      x,
      apply(() => d.expand(d.sin(scale), [B, T, W]), x),
    ),
  'a block that does nothing': (apply) =>
    d.mul(
      apply((y) => y, x),
      scale,
    ),
  'a block of a captured tensor that other work uses too': (apply) => {
    const y = d.sin(x);
    return d.mul(
      y,
      apply((z) => d.mul(z, y), d.tanh(x)),
    );
  },
};

for (const [name, network] of Object.entries(networks)) {
  test(`${name} has the gradients that it has without checkpoints, to the last bit`, () => {
    const [expected, actual] = [outputsOf(graphOf(network(plain))), outputsOf(graphOf(network(kept)))];
    assert.equal(actual, expected);
  });
}

test('every block is computed again, from its input', () => {
  const [without, within] = [plain, kept].map((apply) => graphOf(networks['a chain of blocks']!(apply)));
  assert.is(counted(without!, 'erf'), 3);
  assert.is(counted(within!, 'erf'), 6);
  const again = within!.nodes.filter(({ operator }) => operator.name === 'recomputed');
  assert.equal(
    again.map(({ inputs }) => inputs[0]!.operator.name),
    ['checkpoint', 'checkpoint', 'input'],
  );
});

test('of blocks within a block, the last one is not computed again before it is computed again by itself', () => {
  const graph = graphOf(networks['blocks within a block']!(kept));
  assert.is(counted(graph, 'erf'), 3 + 2);
});

test('without gradients a checkpoint costs nothing', () => {
  const graph = d.trace('forward', { y: networks['blocks within a block']!(kept) });
  assert.is(counted(graph, 'erf'), 2);
});

test('of a frozen block only what leads to its input is differentiated', () => {
  const y = d.checkpoint(two, d.mul(x, scale));
  const [slope] = d.gradients(total(y), [d.parameter('two.down', [W, F])]);
  assert.is(counted(d.trace('slope', { slope: slope! }), 'rsqrt'), 2);
  const [ofScale] = d.gradients(total(d.checkpoint(one, x)), [d.parameter('one.down', [W, F])]);
  assert.is(counted(d.trace('slope', { slope: ofScale! }), 'contract'), 2 + 1 + 1);
});

test.run();
