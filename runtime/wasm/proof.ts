/**
 * The proof of a SIMD build: a small product through the register tile that all products end in, compared with scalar
 * code, again and again until the engine has compiled it with all its optimisations. Runs in a worker thread.
 */
import { MmgemError } from '../../dsl/errors.ts';
import type { Proving } from './messages.ts';

/** Odd, so that what the tile's loop leaves over is multiplied, too. */
const depth = 61;

/** Engines optimise a function after it has run often, and in the background. */
const milliseconds = 40;

/** Bytes of memory that a proof needs. */
export function proofBytes(rows: number, columns: number): number {
  return 4 * (depth * (rows + columns) + rows * columns);
}

type Multiply = (rows: number, depth: number, left: number, right: number, result: number, stride: number) => void;

/** @throws MmgemError when a product differs from what scalar code computes. */
export function proveBuild(memory: WebAssembly.Memory, { module, rows, columns, address }: Proving): void {
  const multiply = new WebAssembly.Instance(module, { env: { memory } }).exports.multiply as Multiply;
  const left = new Float32Array(memory.buffer, address, depth * rows);
  const right = new Float32Array(memory.buffer, address + left.byteLength, depth * columns);
  const result = new Float32Array(memory.buffer, right.byteOffset + right.byteLength, rows * columns);
  for (let i = 0; i < left.length; i++) left[i] = Math.sin(i + 1);
  for (let i = 0; i < right.length; i++) right[i] = Math.cos(3 * i + 1);
  const expected = multiplyScalar(left, right, rows, columns);
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    for (let count = 1; count <= rows; count++) {
      result.fill(1);
      multiply(count, depth, left.byteOffset, right.byteOffset, result.byteOffset, 4 * columns);
      compare(result, expected, count, columns);
    }
  }
}

function multiplyScalar(left: Float32Array, right: Float32Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(rows * columns).fill(1);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let k = 0; k < depth; k++)
        result[row * columns + column]! += left[k * rows + row]! * right[k * columns + column]!;
  return result;
}

/** Rows beyond the first `count` must be as they were. */
function compare(result: Float32Array, expected: Float64Array, count: number, columns: number): void {
  for (let i = 0; i < result.length; i++) {
    const wanted = i < count * columns ? expected[i]! : 1;
    if (Math.abs(result[i]! - wanted) <= 1e-4) continue;
    const place = `row ${Math.floor(i / columns)}, column ${i % columns}, of ${count} rows`;
    throw new MmgemError(`a product came out wrong: ${result[i]} instead of ${wanted} in ${place}`);
  }
}
