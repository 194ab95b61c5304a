// The backend of this test target, with devices that are lost when a test says so: destroyed on a GPU, a thread ended on wasm.
import type { BackendFactory, BackendOptions } from '../../runtime/backend.ts';
import { type Engine, openEngine } from '../../runtime/engine.ts';
import { type Executor, stepOf } from '../../runtime/seam.ts';
import { currentTarget } from '../support/backends.ts';
import type { DeviceEvent } from './losing-engine.ts';

export interface LosingDevice {
  readonly engine: Engine;
  /** Asked of each thing that a device is asked to do; true: it is lost during that. */
  loses: (event: DeviceEvent) => boolean;
  /** Bytes of GPUs that are held by devices which were lost and replaced. What threads held is left to the garbage collector. */
  heldByLost(): number;
}

interface Losable {
  readonly executor: Executor;
  /** Begins something, and loses the device before it can be over. */
  loseDuring<T>(begin: () => Promise<T>): Promise<T>;
}

export async function openLosingDevice(): Promise<LosingDevice> {
  const { backend, simd } = currentTarget();
  const opened: Losable[] = [];
  const factory: BackendFactory = {
    name: backend,
    options: ['simd'],
    probe: async () => ({ usable: true, description: 'for tests' }),
    open: async (options) => {
      // Devices that are reset by their driver tell another reason than those that a program destroys: each has its turn.
      const reason = opened.length % 2 === 0 ? 'unknown' : 'destroyed';
      const losable = backend === 'dawn' ? await openGpu(reason) : await openThreads(options);
      opened.push(losable);
      return watched(losable, (event) => device.loses(event));
    },
  };
  const device: LosingDevice = {
    engine: await openEngine(backend, [factory], { ...(simd && { simd }) }),
    loses: () => false,
    heldByLost: () =>
      backend === 'wasm' ? 0 : opened.slice(0, -1).reduce((sum, { executor }) => sum + executor.memory().current, 0),
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
  return {
    executor,
    loseDuring: (begin) => {
      const doing = begin();
      gpu!.destroy();
      return doing;
    },
  };
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
  return {
    executor,
    loseDuring: async (begin) => {
      await threads.at(-1)!.terminate(); // what has begun could be over by then
      return begin();
    },
  };
}

/** The executor, with an eye on all that it is asked to do. */
function watched({ executor, loseDuring }: Losable, loses: (event: DeviceEvent) => boolean): Executor {
  const during = <T>(event: DeviceEvent, begin: () => Promise<T>): Promise<T> =>
    loses(event) ? loseDuring(begin) : begin();
  return {
    info: executor.info,
    target: executor.target,
    ...(executor.lost && { lost: executor.lost }),
    memory: () => executor.memory(),
    close: () => executor.close(),
    createStore: (name) => {
      const store = executor.createStore(name);
      const write = store.write.bind(store);
      store.write = (declaration, data) => during(`write ${declaration.source}`, () => write(declaration, data));
      return store;
    },
    compile: async (source, options) => {
      const step = await stepOf(source);
      const executable = await during(`compile ${step.name}`, () => executor.compile(step, options));
      const run = executable.run.bind(executable);
      executable.run = (...given) => during(`run ${step.name}`, () => run(...given));
      return executable;
    },
  };
}
