/** onnxruntime, native (onnxruntime-node) and as WebAssembly (onnxruntime-web). */
import type { HostArray } from '../../runtime/seam.ts';
import { dataOf, type Operands } from '../suites/workload.ts';
import { requirePeer } from './modules.ts';
import type { Peer } from './peer.ts';

/** What of the two packages is used here. */
interface OnnxRuntime {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (
    type: 'float32' | 'int64',
    data: Float32Array | BigInt64Array,
    dims: readonly number[],
  ) => object;
  readonly env: { readonly wasm: { numThreads?: number } };
}

interface Session {
  readonly outputNames: readonly string[];
  run(feeds: object): Promise<Record<string, { readonly data: Float32Array }>>;
  release(): Promise<void>;
}

function onnxruntime(name: 'onnxruntime-node' | 'onnxruntime-web', configure: Configure): Peer {
  return {
    name,
    threads: 'heeded',
    speaks: ({ onnx }) => onnx !== undefined,
    async start(workload, threads) {
      const { module: runtime, version } = requirePeer<OnnxRuntime>(name);
      const model = workload.onnx!(dataOf(workload.weights));
      const session = await runtime.InferenceSession.create(model, configure(runtime, threads));
      const feeds = feedsOf(runtime, workload.inputs);
      return {
        description: `${name} ${version}, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
        run: async () => (await session.run(feeds))[session.outputNames[0]!]!.data,
        close: () => session.release(),
      };
    },
  };
}

type Configure = (runtime: OnnxRuntime, threads: number) => object;

/** Integers are int64 in ONNX. */
function feedsOf({ Tensor }: OnnxRuntime, inputs: Operands): object {
  const tensor = (data: HostArray, shape: readonly number[]): object =>
    data instanceof Float32Array
      ? new Tensor('float32', data, shape)
      : new Tensor('int64', BigInt64Array.from(data, BigInt), shape);
  return Object.fromEntries([...inputs].map(([name, { shape, data }]) => [name, tensor(data(name), shape)]));
}

export const onnxruntimeNode = onnxruntime('onnxruntime-node', (_, threads) => ({
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
}));

export const onnxruntimeWeb = onnxruntime('onnxruntime-web', ({ env }, threads) => {
  env.wasm.numThreads = threads;
  return { executionProviders: ['wasm'] };
});
