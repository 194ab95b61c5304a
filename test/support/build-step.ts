/** Short words for writing kernels by hand in tests. */
import type { StorageType } from '../../dsl/dtype.ts';
import { type ExtentLike, extent } from '../../dsl/extent.ts';
import type { FunctionName } from '../../dsl/functions.ts';
import { apply, constant, type Scalar, whole } from '../../dsl/scalar.ts';
import type { BufferDeclaration, Kernel, Role, Step } from '../../kernels/ir.ts';

export function buffer(name: string, role: Role, size: ExtentLike, dtype: StorageType = 'f32'): BufferDeclaration {
  return { name, role, dtype, size: extent(size), layout: { kind: 'plain' }, shape: '[…]' };
}

export function step(
  buffers: readonly BufferDeclaration[],
  kernels: readonly Kernel[],
  sizes: readonly string[] = [],
): Step {
  return { name: 'test', sizes: sizes.map((name) => ({ name })), buffers, kernels };
}

type Operand = Scalar | number;

/** Numbers beside whole numbers are whole, others are floats. */
export function on(name: FunctionName, ...args: readonly Operand[]): Scalar {
  const isWhole =
    args.some((x) => typeof x !== 'number' && x.type === 'i32') &&
    !args.some((x) => typeof x !== 'number' && x.type === 'f32');
  return apply(name, ...args.map((x) => (typeof x !== 'number' ? x : isWhole ? whole(x) : constant(x))));
}

/** Pseudo-random numbers in [−scale, scale) that are the same every time. */
export function noise(length: number, scale = 1, seed = 1): Float64Array {
  let state = seed * 2654435761;
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(((state >>> 8) / 2 ** 23 - 1) * scale);
  });
}
