import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dim } from '../../dsl/dim.ts';
import { type AxisValues, evaluator } from '../../dsl/evaluate.ts';
import { evaluateExtent, multiplyExtents, symbol } from '../../dsl/extent.ts';
import { joinIndices, splitIndex } from '../../dsl/ops/movement.ts';
import {
  apply,
  axis,
  constant,
  dependsOn,
  loop,
  read,
  type Scalar,
  strideOf,
  substitute,
  upperBound,
  whole,
  within,
} from '../../dsl/scalar.ts';
import { type Random, random } from '../../model/random.ts';

const test = suite('scalar');

const sizes = { P: 5, Q: 3 };
const [i, j, k] = [axis('i', 4), axis('j', symbol('P')), axis('k', 6)];
const axes = [i, j, k];

const add = (a: Scalar, b: Scalar): Scalar => apply('add', a, b);
const mul = (a: Scalar, b: Scalar): Scalar => apply('mul', a, b);
const quotient = (a: Scalar, b: number): Scalar => apply('quotient', a, whole(b));
const remainder = (a: Scalar, b: number): Scalar => apply('remainder', a, whole(b));

/** Values of an expression at every point of the axes. */
function* valuesOf(x: Scalar): Generator<{ readonly value: number; readonly at: AxisValues }> {
  const at: AxisValues = new Map();
  const evaluate = evaluator(x, { sizes, axes: at, buffers: new Map() });
  for (let a = 0; a < 4; a++) {
    for (let b = 0; b < sizes.P; b++) {
      for (let c = 0; c < 6; c++) {
        at.set('i', a).set('j', b).set('k', c);
        yield { value: evaluate(), at };
      }
    }
  }
}

/** An index expression that is never negative, and the same with numbers alone. */
function indexExpression(source: Random, depth = 4): { x: Scalar; value: (at: AxisValues) => number } {
  const pick = source.integer() % (depth === 0 ? 2 : 6);
  if (pick === 0) {
    const a = axes[source.integer() % 3]!;
    return { x: a, value: (at) => at.get(a.name)! };
  }
  if (pick === 1) {
    const n = source.integer() % 7;
    return { x: whole(n), value: () => n };
  }
  const a = indexExpression(source, depth - 1);
  const n = 1 + (source.integer() % 6);
  if (pick === 2) return { x: mul(a.x, whole(n)), value: (at) => a.value(at) * n };
  if (pick === 3) return { x: quotient(a.x, n), value: (at) => Math.floor(a.value(at) / n) };
  if (pick === 4) return { x: remainder(a.x, n), value: (at) => a.value(at) % n };
  const b = indexExpression(source, depth - 1);
  return { x: add(a.x, b.x), value: (at) => a.value(at) + b.value(at) };
}

test('index arithmetic keeps its value when it is put into normal form, and stays below its bound', () => {
  const source = random(1);
  for (let n = 0; n < 1500; n++) {
    const { x, value } = indexExpression(source);
    const bound = upperBound(x);
    for (const { value: normal, at } of valuesOf(x)) {
      assert.is(normal, value(at));
      if (bound) assert.ok(normal < evaluateExtent(bound, sizes));
    }
  }
});

test('equal sums of products are one expression', () => {
  const a = add(mul(add(i, j), whole(3)), whole(2));
  const b = add(add(whole(2), mul(j, whole(3))), mul(whole(3), i));
  assert.is(a.key, b.key);
  assert.is(apply('sub', a, b).key, whole(0).key);
});

test('splitting what was joined gives the indices back', () => {
  const dims = [dim('a', 4), dim('b', symbol('P')), dim('c', 6)];
  const parts = splitIndex(joinIndices(axes, dims), dims);
  assert.equal(
    parts.map((part) => part.key),
    axes.map((a) => a.key),
  );
});

test('joining what was split gives the index back', () => {
  const n = axis('n', multiplyExtents(symbol('P'), 24));
  const dims = [dim('a', 4), dim('b', symbol('P')), dim('c', 6)];
  assert.is(joinIndices(splitIndex(n, dims), dims).key, n.key);
});

test('a regrouping that the sizes allow costs no division', () => {
  const joined = joinIndices([i, k], [dim('i', 4), dim('k', 6)]);
  assert.is(quotient(joined, 6).key, i.key);
  const [outer, inner] = splitIndex(joined, [dim('a', 4), dim('b', 6)]);
  assert.is(outer!.key, i.key);
  assert.is(inner!.key, k.key);
});

test('a negative offset is not taken for a remainder', () => {
  const shifted = apply('sub', mul(i, whole(4)), whole(1));
  const [q, r] = [quotient(shifted, 4), remainder(shifted, 4)];
  const joined = [...valuesOf(add(mul(q, whole(4)), r))];
  const separate = [...valuesOf(q)].map(({ value, at }) => ({ value, i: at.get('i')! }));
  assert.equal([...new Set(joined.map(({ value }) => value))], [-1, 3, 7, 11]);
  assert.equal([...new Set(separate.map(({ value }) => value))], [-1, 0, 1, 2]);
});

test('a stride is how far an offset moves', () => {
  const offset = joinIndices([j, i, k], [dim('j', symbol('P')), dim('i', 4), dim('k', 6)]);
  assert.is(strideOf(offset, i)?.key, '6');
  assert.is(strideOf(offset, j)?.key, '24');
  assert.is(strideOf(offset, axis('other', 3))?.key, '0');
  assert.is(strideOf(quotient(k, 2), k), undefined);
});

test('replaced axes are simplified anew', () => {
  const offset = joinIndices([i, k], [dim('i', 4), dim('k', 6)]);
  const n = axis('n', 24);
  const replaced = substitute(
    offset,
    new Map([
      [i.key, quotient(n, 6)],
      [k.key, remainder(n, 6)],
    ]),
  );
  assert.is(replaced.key, n.key);
  assert.not(dependsOn(replaced, i));
});

test('what changes nothing is dropped, what does is not', () => {
  const x = read('x', i);
  assert.is(apply('add', x, constant(0)).key, x.key);
  assert.is(apply('mul', constant(1), x).key, x.key);
  assert.is(apply('sub', x, constant(0)).key, x.key);
  assert.is(apply('div', x, constant(1)).key, x.key);
  assert.is.not(apply('mul', x, constant(0)).key, constant(0).key, 'x may be NaN');
  assert.is(apply('where', constant(1, 'bool'), x, constant(2)).key, x.key);
  assert.is(apply('add', constant(2), constant(3)).key, constant(5).key);
  assert.is.not(constant(0).key, constant(-0).key);
});

test('the wrong number of arguments is an error, and so are whole numbers where floats are due', () => {
  assert.throws(() => apply('add', i), /add takes 2 arguments, got 1/);
  assert.throws(() => apply('div', whole(7), whole(2)), /div takes floats, got i32, i32/);
  assert.throws(() => apply('exp', i), /exp takes floats, got i32/);
});

test('walks through expressions once, operands first', () => {
  const shared = apply('exp', read('x', i));
  const keys = [...within(apply('add', shared, apply('mul', shared, constant(2))))].map((x) => x.key);
  assert.is(new Set(keys).size, keys.length);
  assert.ok(keys.indexOf(i.key) < keys.indexOf(shared.key));
});

test('loops add up or take the largest, over counts that may be data', () => {
  const n = axis('n', 100);
  const buffers = new Map([['counts', [0, 1, 2, 3]]]);
  const evaluate = (x: Scalar, at: number): number => evaluator(x, { sizes, axes: new Map([['i', at]]), buffers })();
  const count = apply('toInt', read('counts', i));
  const total = loop('sum', n, count, apply('toFloat', n));
  const largest = loop('max', n, count, apply('toFloat', n));
  assert.equal(
    [0, 1, 2, 3].map((at) => evaluate(total, at)),
    [0, 0, 1, 3],
  );
  assert.equal(
    [0, 1, 2, 3].map((at) => evaluate(largest, at)),
    [Number.NEGATIVE_INFINITY, 0, 1, 2],
  );
});

test('reading outside of a buffer is an error that names it', () => {
  const beyond = evaluator(read('x', add(i, whole(3))), {
    sizes,
    axes: new Map([['i', 0]]),
    buffers: new Map([['x', [1, 2]]]),
  });
  assert.throws(beyond, /cannot evaluate: element 3 of x, which has 2 has no value/);
});

test.run();
