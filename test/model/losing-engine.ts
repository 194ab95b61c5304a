// An engine whose device is lost when a test says so: what was on it fails from then on. Its results are digests.
import type { GraphEngine } from '../../model/session/programs.ts';
import { type DeviceLoss, DeviceLostError } from '../../runtime/loss.ts';
import { Recovery } from '../../runtime/recovery.ts';
import type { Executable, Executor, Store } from '../../runtime/seam.ts';
import { digestEngine } from './digest-engine.ts';

/** Something that a device is asked to do: `compile textEmbedding`, `write llm.norm.weight`, `run decode.greedy`. */
export type DeviceEvent = `${'compile' | 'write' | 'run'} ${string}`;

export interface LosingEngine extends Required<GraphEngine> {
  /** What all devices were asked to do, in order. */
  readonly events: readonly DeviceEvent[];
  /** How many devices were opened. */
  readonly opened: number;
  readonly recovery: Recovery;
  lose(): void;
}

class PretendedDevice {
  readonly engine = digestEngine();
  readonly lost: Promise<DeviceLoss>;
  #loss: DeviceLoss | undefined;
  #tell: (loss: DeviceLoss) => void = () => {};

  constructor() {
    this.lost = new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  lose(): void {
    this.#loss ??= { reason: 'unknown', message: 'the test resets the driver.' };
    this.#tell(this.#loss);
  }

  assertUsable(): void {
    if (this.#loss) throw new DeviceLostError('the pretended device', this.#loss);
  }
}

/** @param loses told of every event before it begins, with its number among all; true: the device is lost during it */
export function losingEngine(loses: (event: DeviceEvent, index: number) => boolean): LosingEngine {
  const events: DeviceEvent[] = [];
  let device: PretendedDevice;
  let opened = 0;
  const executor = (): Executor => {
    device = new PretendedDevice();
    opened++;
    const unused = () => {
      throw new Error('graphs are compiled, not steps');
    };
    return {
      info: { backend: 'pretended', description: `device ${opened}`, details: {} },
      target: { language: 'assembly', simd: 'baseline' },
      createStore: unused,
      compile: unused,
      memory: () => ({ current: 0, peak: 0 }),
      lost: device.lost,
      close: async () => undefined,
    };
  };
  const recovery = new Recovery(executor(), async () => executor(), [0]);

  const during = async <T>(on: PretendedDevice, event: DeviceEvent, work: () => Promise<T>): Promise<T> => {
    on.assertUsable();
    const index = events.push(event) - 1;
    if (loses(event, index)) on.lose();
    const result = await work();
    on.assertUsable();
    return result;
  };
  const losingStore = (on: PretendedDevice, store: Store): Store =>
    Object.assign(Object.create(store) as Store, {
      write: (...args: Parameters<Store['write']>) => during(on, `write ${args[0].source}`, () => store.write(...args)),
    });
  const losingExecutable = (on: PretendedDevice, executable: Executable): Executable => ({
    ...executable,
    run: (...args) => during(on, `run ${executable.step.name}`, () => executable.run(...args)),
  });
  return {
    events,
    recovery,
    get opened() {
      return opened;
    },
    lose: () => device.lose(),
    memory: () => recovery.memory(),
    recover: (error, losses) => recovery.recover(error, losses),
    createStore: (name) => {
      void recovery.executor;
      device.assertUsable();
      return losingStore(device, device.engine.createStore(name));
    },
    compile: async (graph) => {
      void recovery.executor;
      const on = device;
      return during(on, `compile ${graph.name}`, async () => losingExecutable(on, await on.engine.compile(graph)));
    },
  };
}
