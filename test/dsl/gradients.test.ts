import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as dsl from '../../dsl/index.ts';
import { type Dim, dim, gradients, input, parameter, type Tensor } from '../../dsl/index.ts';
import { cases, withoutSlope } from './gradient-cases.ts';
import { assertGradients } from './gradient-check.ts';

const test = suite('gradients');

for (const [name, make] of Object.entries(cases)) {
  for (const symbolic of [false, true]) {
    test(`${name}${symbolic ? ' (symbolic sizes)' : ''}: as finite differences`, () => {
      assertGradients(make, symbolic);
    });
  }
}

/** Exports that make no tensors. */
const others: readonly string[] = [
  ...[
    'MmgemError',
    'ShapeError',
    'dim',
    'formatDim',
    'formatShape',
    'gradients',
    'graphKey',
    'interpret',
    'printGraph',
    'trace',
  ],
  ...['addExtents', 'divideExtents', 'equalExtents', 'evaluateExtent', 'extent', 'fixedExtent', 'formatExtent'],
  ...['isNonNegative', 'multiplyExtents', 'productOfExtents', 'subtractExtents', 'symbol', 'symbolsOf'],
  'ropeFrequencies',
];

test('every function of the dsl that has a slope has a row', () => {
  const due = Object.keys(dsl).filter((name) => !others.includes(name) && !withoutSlope.includes(name));
  const rows = new Set(Object.keys(cases).map((name) => name.split(',')[0]!));
  assert.equal([...rows].sort(), due.sort());
});

// ---------------------------------------------------------------- where slopes are a matter of choice

const N = dim('N', 3);
const total = (x: Tensor): Tensor<readonly []> =>
  dsl.sum(x, ...x.shape.map(({ name }) => name)) as Tensor as Tensor<readonly []>;

/** The gradients of Σ f for inputs of the given values, along N. */
function slopesOf(f: (...x: Tensor[]) => Tensor, ...values: readonly (readonly number[])[]): number[][] {
  const inputs = values.map((_, i) => input(`x${i}`, [N]) as Tensor);
  const slopes = gradients(total(f(...inputs)), inputs);
  const graph = dsl.trace('slopes', Object.fromEntries(slopes.map((slope, i) => [`x${i}`, slope])));
  const { outputs } = dsl.interpret(graph, Object.fromEntries(values.map((list, i) => [`x${i}`, list])));
  return inputs.map((_, i) => [...outputs[`x${i}`]!]);
}

const kinks: Readonly<Record<string, readonly [slopes: number[][], due: number[][]]>> = {
  'abs at 0 is flat': [slopesOf(dsl.abs as (x: Tensor) => Tensor, [0, -2, 2]), [[0, -1, 1]]],
  'relu at 0 is flat': [slopesOf(dsl.relu as (x: Tensor) => Tensor, [0, -2, 2]), [[0, 0, 1]]],
  'sqrt at 0 is flat': [slopesOf(dsl.sqrt as (x: Tensor) => Tensor, [0, 4, 0.25]), [[0, 0.25, 1]]],
  'softplus at 0 is as steep as beside it': [
    slopesOf(dsl.softplus as (x: Tensor) => Tensor, [0, 100, -100]),
    [[0.5, 1, Math.exp(-100)]],
  ],
  'the maximum of equal ones is the right one': [
    slopesOf(dsl.maximum as (a: Tensor, b: Tensor) => Tensor, [1, 2, 3], [1, 1, 4]),
    [
      [0, 1, 0],
      [1, 0, 1],
    ],
  ],
  'the minimum of equal ones is the right one': [
    slopesOf(dsl.minimum as (a: Tensor, b: Tensor) => Tensor, [1, 2, 3], [1, 1, 4]),
    [
      [0, 0, 1],
      [1, 1, 0],
    ],
  ],
  'the largest elements share': [slopesOf((x) => dsl.max(x, 'N') as Tensor, [2, 1, 2]), [[0.5, 0, 0.5]]],
  'a zero vector is normalised as by PyTorch': [
    slopesOf((x) => dsl.mul(dsl.l2Normalize(x, 'N'), 3), [0, 0, 0]),
    [[3e12, 3e12, 3e12]],
  ],
  'floor and ceil are flat': [
    slopesOf((x) => dsl.add(dsl.mul(x, dsl.floor(x)), dsl.ceil(x)), [1.5, 2.5, -0.5]),
    [[1, 2, -1]],
  ],
  'softmax of large numbers': [
    slopesOf((x) => dsl.mul(dsl.softmax(x, 'N'), dsl.toFloat(dsl.indices(N))), [1e5, 1e5, -1e5]),
    [[-0.25, 0.25, 0]],
  ],
};

for (const [name, [slopes, due]] of Object.entries(kinks)) test(name, () => assert.equal(slopes, due));

// ---------------------------------------------------------------- where gradients end

const [B, W, F, E] = [dim('B'), dim('W', 4), dim('F', 5), dim('E', 3)];
const x = input('x', [B, W]);
const [w1, w2] = [parameter('first', [F, W]), parameter('second', [E, F])];

test('detach stops: what flows past it on another way alone arrives', () => {
  const [first] = slopesOf((y) => dsl.mul(y, dsl.detach(dsl.exp(y))), [0, 1, 2]);
  assert.equal(first, [1, Math.E, Math.exp(2)]);
  const behind = dsl.detach(dsl.linear(x, w1));
  assert.throws(() => gradients(total(behind), [w1]), /the loss does not depend on parameter first/);
});

test('of a frozen part nothing is computed backwards', () => {
  const hidden = dsl.tanh(dsl.linear(x, w1));
  const loss = total(dsl.square(dsl.linear(hidden, w2)));
  const nodes = (...wanted: Tensor[]) =>
    dsl.trace('step', Object.fromEntries([loss, ...gradients(loss, wanted)].map((y, i) => [`${i}`, y]))).nodes;
  const products = (...wanted: Tensor[]) => nodes(...wanted).filter(({ operator }) => operator.kind === 'contract');
  assert.is(products().length, 2);
  assert.is(products(w2).length, 3);
  assert.is(products(w1, w2).length, 5);
  const forward = new Set(nodes().map(({ key }) => key));
  const backward = nodes(w2).filter(({ key }) => !forward.has(key));
  assert.equal(
    backward.filter(({ shape }) => shape.some(({ name }) => name === 'W')).map(({ operator }) => operator.name),
    [],
  );
});

test('the gradient of a tensor counts every way to the loss, also through another tensor that is asked for', () => {
  const y = dsl.exp(x);
  const loss = total(dsl.mul(x, y));
  const [both] = gradients(loss, [x, y]);
  const [alone] = gradients(loss, [x]);
  assert.is(both!.key, alone!.key);
});

test('a chain of any length has a gradient, also through a checkpoint', () => {
  const x = input('x', [dim('N', 2)]);
  const chain = (from: Tensor, length: number): Tensor => {
    let end = from;
    for (let i = 0; i < length; i++) end = dsl.sin(end);
    return end;
  };
  const loss = (end: Tensor) => dsl.sum(end, 'N') as Tensor<readonly []>;
  const nodes = (total: Tensor<readonly []>) => dsl.trace('chain', { slope: gradients(total, [x])[0]! }).nodes.length;
  const length = 20_000;
  assert.ok(nodes(loss(chain(x, length))) > 3 * length);
  const block = (given: Tensor): Tensor => chain(given, length);
  assert.ok(nodes(loss(dsl.checkpoint(block, x))) > 3 * length);
});

test('a tensor that is written down twice is one tensor', () => {
  const weight = () => parameter('w', [W]);
  const loss = total(dsl.mul(dsl.mul(x, dsl.exp(weight())), dsl.exp(weight())));
  const [slope] = gradients(loss, [weight()]);
  const { outputs } = dsl.interpret(
    dsl.trace('slope', { slope: slope! }),
    { x: [1, 2, 3, 4], w: [0, 0, 1, 0] },
    { B: 1 },
  );
  assert.equal(
    [...outputs.slope!].map((value) => Math.round(value * 1e6) / 1e6),
    [2, 4, 44.334337, 8],
  );
});

test('the loss is the gradient of nothing but itself', () => {
  const loss = total(x);
  assert.is(gradients(loss, [loss])[0]!.key, dsl.constant(1).key);
});

test('gradients bear the name and the line of what they belong to', () => {
  const y = dsl.linear(x, w1);
  const [slope] = gradients(total(dsl.square(y)), [w1]);
  assert.is(slope!.label, 'linearGradient');
  assert.is(slope!.origin, y.origin);
});

// ---------------------------------------------------------------- errors

type Shape2 = readonly [Dim, Dim];

const failures: Readonly<Record<string, readonly [call: () => unknown, message: RegExp]>> = {
  'the loss is no scalar': [
    () => gradients(dsl.linear(x, w1) as Tensor as Tensor<readonly []>, [w1]),
    /^gradients: the loss is f32 \[B, F=5\] \(gradients\.test\.[jt]s:\d+\); it must be one float: take its mean or sum$/,
  ],
  'the loss is a whole number': [
    () => gradients(dsl.argmax(input('v', [W]), 'W'), [w1]),
    /^gradients: the loss is i32 \[\] \(.*\); it must be one float: take its mean or sum$/,
  ],
  'the loss does not depend on a tensor': [
    () => gradients(total(dsl.linear(x, w1)), [w1, w2]),
    /^gradients: the loss does not depend on parameter second \[E=3, F=5\] \(gradients\.test\.[jt]s:\d+\)$/,
  ],
  'the loss depends on a tensor through whole numbers alone': [
    () => gradients(total(dsl.toFloat(dsl.toInt(x))), [x]),
    /^gradients: the loss does not depend on input x \[B, W=4\]/,
  ],
  'a gradient of attention is differentiated': [
    () => {
      const q = input('q', [dim('b', 1), dim('h', 1), dim('t', 2), dim('k', 2)]);
      const s = dsl.rename(q, 't', 's');
      const [slope] = gradients(total(dsl.attention(q, s, s)), [q]);
      return gradients(total(dsl.square(slope!)), [q]);
    },
    /^gradients: streamedSum \(gradients\.test\.[jt]s:\d+\) cannot be differentiated; use detach if that is meant$/,
  ],
  'a gradient of an embedding is differentiated': [
    () => {
      const table = parameter('table', [F, W]);
      const y = dsl.gather(table, input('ids', [B], 'i32'), 'F') as Tensor as Tensor<Shape2>;
      const [slope] = gradients(total(dsl.square(y)), [table]);
      return gradients(total(dsl.square(slope!)), [table]);
    },
    /^gradients: segmentSum \(.*\) cannot be differentiated/,
  ],
  'a loss reads a state that has been updated': [
    () => {
      const after = dsl.update(dsl.state('s', [E, F]), w2);
      return gradients(total(after), [w2]);
    },
    /^gradients: update \(.*\) cannot be differentiated; use detach if that is meant$/,
  ],
};

for (const [name, [call, message]] of Object.entries(failures)) {
  test(`${name}: an error`, () => {
    assert.throws(call, (error: unknown) => {
      assert.instance(error, dsl.MmgemError);
      assert.match((error as Error).message, message);
      return true;
    });
  });
}

test.run();
