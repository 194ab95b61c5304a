import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  areaOf,
  boundsOf,
  boxBetween,
  contains,
  describeBounds,
  extendLasso,
  isMeant,
  moveBox,
  type Point,
  pointIn,
  resizeBox,
  type Shape,
  shapeAt,
} from '../../../targets/browser/page/viewer/geometry.ts';
import { afterKey } from '../../../targets/browser/page/viewer/keyboard.ts';
import { lassoMask } from '../../../targets/browser/page/viewer/lasso-mask.ts';
import { overlapOf } from '../../../targets/browser/page/viewer/overlap.ts';
import { shapeToPart } from '../../../targets/browser/page/work/shape-to-part.ts';

const test = suite('marks on a picture');

const at = (x: number, y: number): Point => ({ x, y });
const lasso = (...points: readonly (readonly [number, number])[]): Shape => {
  return { kind: 'lasso', points: points.map(([x, y]) => at(x, y)) };
};
const box = (...sides: readonly [number, number, number, number]): Shape => ({ kind: 'box', box: sides });
const near = (a: readonly number[], b: readonly number[]): void => {
  assert.ok(a.length === b.length && a.every((value, i) => Math.abs(value - b[i]!) < 1e-9), `${a} is not ${b}`);
};

test('a pointer beyond the edge lies on it', () => {
  const frame = { left: 10, top: 20, width: 100, height: 50 };
  assert.equal(pointIn(frame, 60, 45), at(0.5, 0.5));
  assert.equal(pointIn(frame, -5, 500), at(0, 1));
});

test('a box is drawn from any corner', () => {
  for (const [a, b] of [
    [at(0.1, 0.2), at(0.5, 0.6)],
    [at(0.5, 0.6), at(0.1, 0.2)],
    [at(0.5, 0.2), at(0.1, 0.6)],
  ] as const) {
    assert.equal(boxBetween(a, b), [0.1, 0.2, 0.5, 0.6]);
  }
});

test('a click is no mark, a thin line is none, a small box is one', () => {
  assert.is(isMeant(box(0.5, 0.5, 0.5, 0.5)), false);
  assert.is(isMeant(box(0.5, 0.5, 0.51, 0.52)), false);
  assert.is(isMeant(box(0.1, 0.5, 0.9, 0.5)), false);
  assert.is(isMeant(lasso([0, 0], [1, 1])), false);
  assert.is(isMeant(box(0.5, 0.5, 0.54, 0.54)), true);
});

test('a lasso takes in points that matter alone', () => {
  const one = extendLasso([], at(0.5, 0.5));
  assert.is(extendLasso(one, at(0.501, 0.5)), one);
  assert.equal(extendLasso(one, at(0.6, 0.5)), [at(0.5, 0.5), at(0.6, 0.5)]);
});

const arrow = lasso([0, 0], [1, 0], [0.5, 0.5], [1, 1], [0, 1]);

test('bounds and areas', () => {
  assert.equal(boundsOf(lasso([0.4, 0.1], [0.9, 0.5], [0.2, 0.7])), [0.2, 0.1, 0.9, 0.7]);
  assert.is(areaOf(box(0, 0, 0.5, 0.5)), 0.25);
  assert.is(areaOf(arrow), 0.75);
  assert.is(describeBounds(box(0.1, 0.2, 0.5, 0.6)), 'from 10 to 50 % across, 20 to 60 % down');
});

test('what lies in a lasso lies within its outline, not its bounds', () => {
  assert.is(contains(arrow, at(0.25, 0.5)), true);
  assert.is(contains(arrow, at(0.9, 0.5)), false);
  assert.is(contains(arrow, at(0.5, 1.5)), false);
});

test('the smallest mark at a point is hit', () => {
  const shapes = [box(0, 0, 1, 1), box(0.2, 0.2, 0.4, 0.4), box(0.3, 0.3, 0.9, 0.9)];
  assert.is(shapeAt(shapes, at(0.35, 0.35)), 1);
  assert.is(shapeAt(shapes, at(0.5, 0.5)), 2);
  assert.is(shapeAt(shapes, at(0.1, 0.1)), 0);
  assert.is(shapeAt(shapes.slice(1), at(0.1, 0.1)), undefined);
});

test('boxes stay within the picture', () => {
  near(moveBox([0.1, 0.1, 0.4, 0.4], -0.5, 0.2), [0, 0.3, 0.3, 0.6]);
  near(moveBox([0.1, 0.1, 0.4, 0.4], 0.9, 0.9), [0.7, 0.7, 1, 1]);
  near(resizeBox([0.1, 0.1, 0.4, 0.4], 0.9, -0.9), [0.1, 0.1, 1, 0.13]);
});

test('keys draw a box', () => {
  assert.is(afterKey('a', false, undefined), undefined);
  assert.is(afterKey('Escape', false, undefined), undefined);
  const begun = afterKey('Enter', false, undefined);
  assert.equal(begun, { kind: 'draft', box: [0.3, 0.3, 0.7, 0.7] });
  const moved = afterKey('ArrowRight', false, [0.3, 0.3, 0.7, 0.7]);
  assert.ok(moved?.kind === 'draft');
  near(moved.box, [0.32, 0.3, 0.72, 0.7]);
  const grown = afterKey('ArrowDown', true, moved.box);
  assert.ok(grown?.kind === 'draft');
  near(grown.box, [0.32, 0.3, 0.72, 0.72]);
  assert.equal(afterKey('Enter', false, grown.box), { kind: 'finish', box: grown.box });
  assert.equal(afterKey('Escape', false, grown.box), { kind: 'cancel' });
});

const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

test('a rectangular lasso covers what its box covers, with shares at the edges', () => {
  const { data, width, height } = lassoMask([at(0.1, 0.25), at(0.6, 0.25), at(0.6, 0.75), at(0.1, 0.75)], 10, 4);
  assert.equal([width, height], [10, 4]);
  assert.ok(Math.abs(sum(data) - 10 * 4 * 0.25) < 1e-5);
  assert.equal([...data.slice(0, 10)], new Array(10).fill(0));
  near([...data.slice(10, 20)], [0, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
  const half = lassoMask([at(0.05, 0), at(0.5, 0), at(0.5, 1), at(0.05, 1)], 10, 1);
  assert.ok(Math.abs(half.data[0]! - 0.5) < 1e-6);
});

test('the mask of any lasso has its area', () => {
  const points = Array.from({ length: 40 }, (_, i) => {
    const angle = (2 * Math.PI * i) / 40;
    const radius = 0.3 + 0.1 * Math.sin(5 * angle);
    return at(0.5 + radius * Math.cos(angle), 0.5 + radius * Math.sin(angle));
  });
  const { data } = lassoMask(points, 64, 48);
  assert.ok(Math.abs(sum(data) / (64 * 48) - areaOf({ kind: 'lasso', points })) < 1e-3);
  assert.ok(data.every((value) => value >= 0 && value <= 1 + 1e-6));
});

test('what a lasso crosses twice is outside', () => {
  const { data } = lassoMask([at(0, 0), at(1, 1), at(1, 0), at(0, 1)], 8, 8);
  assert.is(data[4 * 8 + 0], 1);
  assert.is(data[0 * 8 + 4], 0);
});

test('a box stays a box, a lasso becomes a mask of the size of the image', () => {
  assert.equal(shapeToPart(box(0, 0, 0.5, 0.5), { width: 8, height: 8 }), { box: [0, 0, 0.5, 0.5] });
  const part = shapeToPart(arrow, { width: 8, height: 6 });
  assert.ok('mask' in part && part.mask.width === 8 && part.mask.height === 6);
});

test('overlap is 1 for the same box, 0 for boxes apart', () => {
  assert.is(overlapOf([0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5]), 1);
  assert.is(overlapOf([0, 0, 0.5, 0.5], [0.5, 0, 1, 0.5]), 0);
  assert.ok(Math.abs(overlapOf([0, 0, 0.5, 1], [0.25, 0, 0.75, 1]) - 1 / 3) < 1e-12);
});

test.run();
