// The backend of this test target, with devices that are lost when a test says so: destroyed on a GPU, a thread ended on wasm.
import type { BackendFactory, BackendOptions } from '../../runtime/backend.ts';
import { type Engine, openEngine } from '../../runtime/engine.ts';
import type { Executor } from '../../runtime/seam.ts';
import { currentTarget } from '../support/backends.ts';

/** Something that a device is asked to do: `compile textEmbedding`, `write llm.norm.weight`, `run decode.greedy`. */
export type DeviceEvent = `${'compile' | 'write' | 'run'} ${string}`;

export interface LosingDevice {
  readonly engine: Engine;
  /** Asked after each thing that a device was asked to do has begun; true: it is lost there and then. */
  loses: (event: DeviceEvent) => boolean;
  /** Bytes that devices hold which were lost and replaced. */
  heldByLost(): number;
}

interface Losable {
  readonly executor: Executor;
  lose(): Promise<void>;
}

/** @param reason what a GPU device is said to be lost for: `unknown` is what a driver that is reset gives */
export async function openLosingDevice(reason: 'destroyed' | 'unknown' = 'unknown'): Promise<LosingDevice> {
  const { backend, simd } = currentTarget();
  const opened: Losable[] = [];
  const factory: BackendFactory = {
    name: backend,
    options: ['simd'],
    probe: async () => ({ usable: true, description: 'for tests' }),
    open: async (options) => {
      const losable = backend === 'dawn' ? await openGpu(reason) : await openThreads(options);
      opened.push(losable);
      return watched(losable, (event) => device.loses(event));
    },
  };
  const device: LosingDevice = {
    engine: await openEngine(backend, [factory], { ...(simd && { simd }) }),
    loses: () => false,
    heldByLost: () => opened.slice(0, -1).reduce((sum, { executor }) => sum + executor.memory().current, 0),
  };
  return device;
}

async function openGpu(reason: 'destroyed' | 'unknown'): Promise<Losable> {
  const { openDawn } = await import('../../targets/node/dawn.ts');
  const { createWebGpuExecutor } = await import('../../runtime/webgpu/executor.ts');
  const { printWgslStep } = await import('../../kernels/wgsl/print.ts');
  const host = await openDawn();
  let gpu: GPUDevice | undefined;
  const requestDevice: typeof host.requestDevice = async (options) => {
    const given = await host.requestDevice(options);
    gpu = given.device;
    const lost = gpu.lost.then(({ message }) => ({ reason, message }) as GPUDeviceLostInfo);
    Object.defineProperty(gpu, 'lost', { value: lost });
    return given;
  };
  const executor = await createWebGpuExecutor({ ...host, requestDevice }, { print: printWgslStep });
  return { executor, lose: async () => gpu!.destroy() };
}

async function openThreads({ simd }: BackendOptions): Promise<Losable> {
  const { createNodeWasmHost } = await import('../../targets/node/wasm/host.ts');
  const { createWasmExecutor } = await import('../../runtime/wasm/executor.ts');
  const host = createNodeWasmHost();
  const threads: ReturnType<typeof host.startThread>[] = [];
  const startThread: typeof host.startThread = (events) => {
    const thread = host.startThread(events);
    threads.push(thread);
    return thread;
  };
  const executor = await createWasmExecutor({ ...host, startThread }, { threads: 2, ...(simd && { simd }) });
  return { executor, lose: async () => void (await threads.at(-1)!.terminate()) };
}

/** The executor, with an eye on all that it is asked to do. */
function watched({ executor, lose }: Losable, loses: (event: DeviceEvent) => boolean): Executor {
  const during = async <T>(event: DeviceEvent, doing: Promise<T>): Promise<T> => {
    if (loses(event)) void lose();
    return doing;
  };
  return {
    info: executor.info,
    target: executor.target,
    ...(executor.lost && { lost: executor.lost }),
    memory: () => executor.memory(),
    close: () => executor.close(),
    createStore: (name) => {
      const store = executor.createStore(name);
      const write = store.write.bind(store);
      store.write = (declaration, data) => during(`write ${declaration.source}`, write(declaration, data));
      return store;
    },
    compile: async (step, options) => {
      const executable = await during(`compile ${step.name}`, executor.compile(step, options));
      const run = executable.run.bind(executable);
      executable.run = (...given) => during(`run ${step.name}`, run(...given));
      return executable;
    },
  };
}
