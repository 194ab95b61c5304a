/** @jax-js/jax on its wasm backend, everything in one `jit`. */
import { dataOf } from '../suites/workload.ts';
import { requirePeer } from './modules.ts';
import type { Peer } from './peer.ts';

/** An array, or what stands for it while a function is traced. A call uses up what it is given; `ref` is another hold on it. */
export interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray | number): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  transpose(axes: readonly number[]): JaxArray;
  data(): Promise<Float32Array>;
}

type Tree = Readonly<Record<string, JaxArray>>;

/** What of the package is used here. */
export interface Jax {
  init(device: string): Promise<readonly string[]>;
  defaultDevice(device: string): unknown;
  jit(f: (operands: Tree) => JaxArray): (operands: Tree) => JaxArray;
  readonly tree: { ref(tree: Tree): Tree };
  readonly numpy: {
    array(data: Float32Array | Int32Array): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    concatenate(arrays: readonly JaxArray[], axis: number): JaxArray;
    broadcastTo(array: JaxArray, shape: readonly number[]): JaxArray;
    split(array: JaxArray, parts: number, axis: number): JaxArray[];
  };
  readonly nn: {
    gelu(x: JaxArray, options: { readonly approximate: boolean }): JaxArray;
    standardize(x: JaxArray, axis: number, options: { readonly epsilon: number }): JaxArray;
    softmax(x: JaxArray, axis: number): JaxArray;
  };
}

/** q, k, v [batch, tokens, heads, width] → the same. `nn.dotProductAttention` needs a newer Node than 20. */
export function attentionJax({ numpy, nn }: Jax, q: JaxArray, k: JaxArray, v: JaxArray, scale: number): JaxArray {
  const scores = numpy.matmul(q.transpose([0, 2, 1, 3]), k.transpose([0, 2, 3, 1])).mul(scale);
  return numpy.matmul(nn.softmax(scores, -1), v.transpose([0, 2, 1, 3])).transpose([0, 2, 1, 3]);
}

export const jax: Peer = {
  name: 'jax-js',
  threads: 'one',
  speaks: (workload) => workload.jax !== undefined,
  async start(workload) {
    const { module, version } = requirePeer<Jax>('@jax-js/jax');
    await module.init('wasm');
    module.defaultDevice('wasm');
    const operands = Object.fromEntries(
      [workload.weights, workload.inputs].flatMap((group) =>
        [...dataOf(group)].map(([name, data]) => [
          name,
          module.numpy.array(data as Float32Array).reshape(group.get(name)!.shape),
        ]),
      ),
    );
    const compiled = module.jit((given) => workload.jax!(module, given));
    return {
      description: `@jax-js/jax ${version}, wasm, as many threads as it takes`,
      run: () => compiled(module.tree.ref(operands)).data(),
      close: async () => {},
    };
  },
};
