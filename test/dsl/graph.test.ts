import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  add,
  addExtents,
  constant,
  contract,
  crossEntropy,
  dim,
  formatDim,
  formatShape,
  input,
  interpret,
  linear,
  MmgemError,
  mul,
  parameter,
  permute,
  printGraph,
  softmax,
  state,
  sum,
  symbol,
  type Tensor,
  trace,
  update,
} from '../../dsl/index.ts';

const test = suite('graph');

const [B, T, W, E] = [dim('B', undefined, { max: 8 }), dim('T'), dim('W', 4), dim('E', 3)];
const x = input('x', [B, T, W]);

const operatorsOf = (...outputs: Tensor[]): string[] =>
  trace('g', Object.fromEntries(outputs.map((out, i) => [`out${i}`, out]))).nodes.map((node) => node.operator.name);

test('equal tensors stand once, wherever they were made', () => {
  const twice = add(mul(x, 2), mul(x, 2));
  assert.equal(operatorsOf(twice), ['input', 'constant', 'mul', 'add']);
  assert.is(mul(x, 2).key, mul(x, 2).key);
  assert.is(input('x', [B, T, W]).key, x.key);
});

test('what differs in operator, attributes, order, shape or type stands twice', () => {
  const y = input('y', [B, T, W]);
  const different: readonly Tensor[] = [
    add(x, y),
    add(y, x),
    mul(x, y),
    sum(x, 'T'),
    sum(x, 'W'),
    permute(x, ['T', 'B', 'W']),
    input('x', [B, T, E]),
    input('x', [B, T, W], 'f16'),
    parameter('x', [B, T, W]),
    constant(0),
    constant(-0),
    constant(0, 'i32'),
    constant(Number.POSITIVE_INFINITY),
    constant(Number.NaN),
  ];
  assert.is(new Set(different.map((tensor) => tensor.key)).size, different.length);
});

test('inputs come before what uses them', () => {
  const { nodes } = trace('g', { out: softmax(linear(x, parameter('w', [E, W])), 'E') });
  const place = new Map(nodes.map((node, i) => [node.key, i]));
  for (const node of nodes)
    for (const operand of node.inputs) assert.ok(place.get(operand.key)! < place.get(node.key)!);
});

test('lists the symbolic sizes with their largest values', () => {
  const longer = dim('S', addExtents(symbol('T'), symbol('P')));
  const graph = trace('g', { a: x, b: input('y', [longer]) });
  assert.equal(graph.sizes, [{ name: 'B', max: 8 }, { name: 'P' }, { name: 'T' }]);
});

test('two sources of one name are an error that shows both', () => {
  const other = parameter('x', [W]);
  assert.throws(
    () => trace('g', { out: add(x, other) }),
    (error: unknown) =>
      error instanceof MmgemError &&
      /^graph g: two tensors are called x: input \[B, T, W=4\] \(graph\.test\.[jt]s:\d+\) and parameter \[W=4\] \(graph\.test\.[jt]s:\d+\); rename one$/.test(
        error.message,
      ),
  );
});

test('prints one line a node', () => {
  const w = parameter('w', [E, W]);
  const cache = state('cache', [B, E]);
  const y = sum(linear(x, w, parameter('b', [E])), 'T');
  const printed = printGraph(trace('example', { y }, [update(cache, y)])).replaceAll(/graph\.test\.[jt]s:\d+/g, 'LINE');
  assert.is(
    printed,
    [
      'graph example',
      '%0 = input() {"name":"x","storage":"f32"} [B, T, W=4]  LINE',
      '%1 = parameter() {"name":"w","storage":"f32"} [E=3, W=4]  LINE',
      '%2 = contract(%0, %1) {"over":["W"]} [B, T, E=3]  LINE',
      '%3 = parameter() {"name":"b","storage":"f32"} [E=3]  LINE',
      '%4 = add(%2, %3) [B, T, E=3]  LINE',
      '%5 = sum(%4) {"reduce":"sum","axes":[1]} [B, E=3]  LINE',
      '%6 = state() {"name":"cache","storage":"f32"} [B, E=3]  LINE',
      '%7 = update(%6, %5) {"axis":0,"start":"0"} [B, E=3]  LINE',
      'outputs y = %5',
      'updates %7',
    ].join('\n'),
  );
});

test('a node knows the line of the user, however deeply operators are composed', () => {
  const logits = input('logits', [B, T, W]);
  const { nodes } = trace('g', { loss: crossEntropy(logits, input('targets', [B, T], 'i32')) });
  for (const node of nodes) assert.match(node.origin!, /^graph\.test\.[jt]s:\d+$/, node.operator.name);
});

test('shows dimensions with names, sizes and extents', () => {
  assert.is(formatDim(dim('S', addExtents(symbol('T'), 2))), 'S=T + 2');
  assert.is(formatShape([B, T, W]), '[B, T, W=4]');
  assert.is(formatShape([]), '[]');
});

test('a state begins at zero, keeps what is given and hands back what it became', () => {
  const cache = state('cache', [dim('S', 3), E]);
  const value = input('v', [dim('S', 1), E]);
  const after = update(cache, value, { along: 'S', start: symbol('P') });
  const graph = trace('g', { total: sum(after, 'S') }, [after]);
  assert.equal(graph.sizes, [{ name: 'P' }], 'a size that no shape shows');
  const v = [1, 2, 3];
  assert.equal([...interpret(graph, { v }, { P: 1 }).states.cache!], [0, 0, 0, 1, 2, 3, 0, 0, 0]);
  const { outputs, states } = interpret(graph, { v, cache: [9, 9, 9, 8, 8, 8, 7, 7, 7] }, { P: 2 });
  assert.equal([...states.cache!], [9, 9, 9, 8, 8, 8, 1, 2, 3]);
  assert.equal([...outputs.total!], [18, 19, 20]);
});

test('what is missing or too short is an error that names it', () => {
  const graph = trace('g', { out: contract(x, parameter('w', [E, W]), 'W') });
  assert.throws(
    () => interpret(graph, { x: new Float32Array(8) }, { B: 1, T: 2 }),
    /interpret: parameter w \[E=3, W=4\] is not given; add it to the values/,
  );
  assert.throws(
    () => interpret(graph, { x: [1], w: new Float32Array(12) }, { B: 1, T: 2 }),
    /interpret: x has 1 elements, but \[B, T, W=4\] needs 8/,
  );
  assert.throws(() => interpret(graph, { x: [1], w: [] }, { B: 1 }), /size of T is not known; give one of B/);
});

test.run();
