/** One piece of work, written once for each of those that are to do it. */
import type { Graph, Sizes } from '../../dsl/index.ts';
import { random } from '../../model/random.ts';
import type { HostArray } from '../../runtime/seam.ts';
import type { Jax, JaxArray } from '../peers/jax.ts';
import type { Tfjs, TfjsTensor } from '../peers/tfjs.ts';

export interface Operand {
  readonly shape: readonly number[];
  /** The elements, row-major; the same whenever they are made. */
  data(name: string): Float32Array | Int32Array;
}

export type Operands = ReadonlyMap<string, Operand>;
export type Data = ReadonlyMap<string, HostArray>;

export interface Workload {
  /** What is known before: arranged, packed and converted as a contender likes, before it is timed. */
  readonly weights: Operands;
  /** What every run is given. */
  readonly inputs: Operands;
  readonly sizes: Sizes;
  /** Inputs and parameters have the names above; the output is `y`. */
  graph(): Graph;
  /** The same as an ONNX model. */
  onnx?(weights: Data): Uint8Array;
  jax?(jax: Jax, operands: Readonly<Record<string, JaxArray>>): JaxArray;
  tfjs?(tf: Tfjs, operands: Readonly<Record<string, TfjsTensor>>): TfjsTensor;
}

export const elementsOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** So many random numbers are drawn, and repeated: a billion weights are made in seconds. */
const drawn = 1 << 16;

/** Normal random numbers of a standard deviation. */
export function normal(shape: readonly number[], deviation = 1): Operand {
  return {
    shape,
    data(name) {
      const source = random(1, name);
      const count = elementsOf(shape);
      const values = Float32Array.from({ length: Math.min(count, drawn) }, () => source.normal() * deviation);
      const all = new Float32Array(count);
      // Each repetition starts elsewhere, so that no two rows are equal.
      for (let at = 0; at < count; ) {
        const from = at === 0 ? 0 : source.integer() % values.length;
        const length = Math.min(values.length - from, count - at);
        all.set(values.subarray(from, from + length), at);
        at += length;
      }
      return all;
    },
  };
}

/** A weight [out, in, …] of a size at which activations stay as large as they are. */
export function weight(shape: readonly number[]): Operand {
  return normal(shape, shape.length > 1 ? 1 / Math.sqrt(elementsOf(shape.slice(1))) : 0.1);
}

/** Given elements. */
export function exactly(shape: readonly number[], data: Float32Array | Int32Array): Operand {
  return { shape, data: () => data };
}

export function dataOf(operands: Operands): Data {
  return new Map([...operands].map(([name, operand]) => [name, operand.data(name)]));
}
