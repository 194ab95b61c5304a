import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  addExtents,
  divideExtents,
  type Extent,
  equalExtents,
  evaluateExtent,
  extent,
  fixedExtent,
  formatExtent,
  isNonNegative,
  multiplyExtents,
  productOfExtents,
  subtractExtents,
  symbol,
  symbolsOf,
} from '../../dsl/extent.ts';
import { type Random, random } from '../../model/random.ts';

const test = suite('extent');

const [B, T, P] = [symbol('B'), symbol('T'), symbol('P')];
const names = ['B', 'T', 'P'] as const;

/** A polynomial as an extent, and as a function of the sizes written with numbers alone. */
interface Polynomial {
  readonly extent: Extent;
  readonly value: (sizes: Readonly<Record<string, number>>) => number;
}

function polynomial({ integer }: Random, depth = 3): Polynomial {
  const whole = (integer() % 9) - 4;
  if (depth === 0 || integer() % 4 === 0) {
    const name = names[integer() % 3]!;
    return integer() % 2
      ? { extent: extent(whole), value: () => whole }
      : { extent: symbol(name), value: (sizes) => sizes[name]! };
  }
  const random = { integer } as Random;
  const [a, b] = [polynomial(random, depth - 1), polynomial(random, depth - 1)];
  const operations: readonly [typeof addExtents, (x: number, y: number) => number][] = [
    [addExtents, (x, y) => x + y],
    [subtractExtents, (x, y) => x - y],
    [multiplyExtents, (x, y) => x * y],
  ];
  const [combine, combineNumbers] = operations[integer() % 3]!;
  return { extent: combine(a.extent, b.extent), value: (sizes) => combineNumbers(a.value(sizes), b.value(sizes)) };
}

test('sums, differences and products evaluate as with numbers', () => {
  const source = random(1);
  for (let i = 0; i < 1000; i++) {
    const { extent: e, value } = polynomial(source);
    const sizes = { B: source.integer() % 10, T: source.integer() % 10, P: source.integer() % 10 };
    assert.is(evaluateExtent(e, sizes) + 0, value(sizes) + 0);
  }
});

test('equal polynomials have equal keys, however they were made', () => {
  const source = random(2);
  for (let i = 0; i < 500; i++) {
    const [a, b, c] = [polynomial(source).extent, polynomial(source).extent, polynomial(source).extent];
    assert.ok(equalExtents(addExtents(a, b), addExtents(b, a)));
    assert.ok(
      equalExtents(multiplyExtents(a, addExtents(b, c)), addExtents(multiplyExtents(c, a), multiplyExtents(b, a))),
    );
    assert.ok(equalExtents(subtractExtents(addExtents(a, b), b), a));
    assert.is(subtractExtents(a, a).key, '0');
  }
});

test('a quotient, where there is one, times the divisor is the dividend', () => {
  const source = random(3);
  let divided = 0;
  for (let i = 0; i < 1000; i++) {
    const [a, b] = [polynomial(source).extent, polynomial(source).extent];
    const quotient = divideExtents(a, b);
    if (!quotient || b.key === '0') continue;
    divided++;
    assert.ok(equalExtents(multiplyExtents(quotient, b), a), `${formatExtent(a)} / ${formatExtent(b)}`);
  }
  assert.ok(divided > 100, `${divided} of 1000 could be divided`);
});

test('a product can be divided by each single-term factor', () => {
  assert.is(divideExtents(productOfExtents([B, T, 6]), multiplyExtents(T, 2))?.key, multiplyExtents(B, 3).key);
  assert.is(divideExtents(multiplyExtents(addExtents(B, 2), T), T)?.key, addExtents(B, 2).key);
  assert.is(divideExtents(addExtents(B, 1), 2), undefined);
  assert.is(divideExtents(B, T), undefined);
});

test('fixed extents are numbers, others are not', () => {
  assert.is(fixedExtent(7), 7);
  assert.is(fixedExtent(subtractExtents(B, B)), 0);
  assert.is(fixedExtent(addExtents(B, 1)), undefined);
});

test('is never negative when no coefficient is', () => {
  assert.ok(isNonNegative(addExtents(multiplyExtents(B, T), 3)));
  assert.not(isNonNegative(subtractExtents(B, 1)));
});

test('names its symbols and shows itself', () => {
  const e = addExtents(productOfExtents([T, B, 2]), addExtents(P, -1));
  assert.equal(symbolsOf(e), ['B', 'P', 'T']);
  assert.is(formatExtent(e), '2·B·T + P − 1');
  assert.is(formatExtent(0), '0');
});

test('an unknown size is an error that names it', () => {
  assert.throws(() => evaluateExtent(addExtents(B, T), { B: 1 }), /size of T is not known; give one of B/);
});

test.run();
