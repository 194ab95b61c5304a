/** TensorFlow.js: @tensorflow/tfjs-core with the wasm backend, which has SIMD but in Node no threads. */
import { dataOf } from '../suites/workload.ts';
import { requirePeer } from './modules.ts';
import type { Peer } from './peer.ts';

export interface TfjsTensor {
  readonly shape: readonly number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** What of the package is used here. */
export interface Tfjs {
  setBackend(name: 'wasm'): Promise<boolean>;
  ready(): Promise<void>;
  tidy<T>(f: () => T): T;
  tensor(data: Float32Array | Int32Array, shape: readonly number[]): TfjsTensor;
  add(a: TfjsTensor, b: TfjsTensor | number): TfjsTensor;
  sub(a: TfjsTensor, b: TfjsTensor): TfjsTensor;
  mul(a: TfjsTensor, b: TfjsTensor | number): TfjsTensor;
  rsqrt(x: TfjsTensor): TfjsTensor;
  square(x: TfjsTensor): TfjsTensor;
  erf(x: TfjsTensor): TfjsTensor;
  softmax(x: TfjsTensor): TfjsTensor;
  mean(x: TfjsTensor, axis: number, keepDims: boolean): TfjsTensor;
  matMul(a: TfjsTensor, b: TfjsTensor, transposeA?: boolean, transposeB?: boolean): TfjsTensor;
  reshape(x: TfjsTensor, shape: readonly number[]): TfjsTensor;
  transpose(x: TfjsTensor, axes: readonly number[]): TfjsTensor;
  concat(parts: readonly TfjsTensor[], axis: number): TfjsTensor;
  tile(x: TfjsTensor, times: readonly number[]): TfjsTensor;
  split(x: TfjsTensor, parts: number, axis: number): TfjsTensor[];
}

export const tfjs: Peer = {
  name: 'tfjs',
  threads: 'one',
  speaks: (workload) => workload.tfjs !== undefined,
  async start(workload) {
    const { module: tf, version } = requirePeer<Tfjs>('@tensorflow/tfjs-core');
    requirePeer('@tensorflow/tfjs-backend-wasm');
    await tf.setBackend('wasm');
    await tf.ready();
    const operands = Object.fromEntries(
      [workload.weights, workload.inputs].flatMap((group) =>
        [...dataOf(group)].map(([name, data]) => [name, tf.tensor(data as Float32Array, group.get(name)!.shape)]),
      ),
    );
    return {
      description: `@tensorflow/tfjs-core ${version}, wasm with SIMD, 1 thread`,
      async run() {
        const result = tf.tidy(() => workload.tfjs!(tf, operands));
        const data = await result.data();
        result.dispose();
        return data;
      },
      close: async () => {},
    };
  },
};
