import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resizePositions } from '../../model/files/positions.ts';
import { resizeCases } from './resize-positions.table.ts';

const test = suite('positions');

for (const { from, to, width, grid, resized } of resizeCases) {
  test(`${from}×${from} to ${to}×${to} as PyTorch resizes it`, () => {
    const classPosition = Array.from({ length: width }, (_, i) => 7.5 + i);
    const got = resizePositions(Float32Array.from([...classPosition, ...grid]), from, to, width);
    assert.equal([...got.subarray(0, width)], classPosition);
    assert.is(got.length, width + resized.length);
    for (const [i, due] of resized.entries()) {
      assert.ok(Math.abs(got[width + i]! - due) < 1e-6, `element ${i}: ${got[width + i]} where ${due} is due`);
    }
  });
}

test('the same size changes nothing', () => {
  const positions = Float32Array.from({ length: 10 * 2 }, (_, i) => Math.sin(i));
  assert.equal(resizePositions(positions, 3, 3, 2), positions);
});

test.run();
