/**
 * The seam between the engine and what runs kernels. Two executors stand behind it: wasm and WebGPU.
 *
 * A step is compiled once into an `Executable`; parameters and states live in `Store`s that several executables share,
 * as the programs of one model do. Everything here is asynchronous: the caller's event loop is never blocked.
 */
import type { Sizes } from '../dsl/extent.ts';
import type { BufferDeclaration, Step, Target } from '../kernels/ir.ts';
import type { DeviceLoss } from './loss.ts';

/** Elements as the host sees them: f32, f16 and bf16 buffers as Float32Array, i32 as Int32Array, u32 as Uint32Array. */
export type HostArray = Float32Array | Int32Array | Uint32Array;

/** Named parameters and states of one model on one backend. */
export interface Store {
  /**
   * Puts a parameter in place, given row-major; the store arranges it as `declaration.layout` and `dtype` ask.
   * Writing the same name and layout again replaces the contents.
   */
  write(declaration: BufferDeclaration, data: HostArray): Promise<void>;
  /** Makes a state of so many bytes as the sizes ask, filled with zeros; does nothing when it is there already. */
  reserve(declaration: BufferDeclaration, sizes: Sizes): Promise<void>;
  /** Reads a parameter or state back in plain form. */
  read(declaration: BufferDeclaration): Promise<HostArray>;
  readonly bytes: number;
  close(): Promise<void>;
}

/** How long each kernel of a run took, in milliseconds. */
export interface KernelTime {
  readonly kernel: string;
  readonly variant: string;
  readonly milliseconds: number;
}

export interface RunOptions {
  /** Outputs to read back; all of them unless told. */
  readonly outputs?: readonly string[];
  /** Called with the time of every kernel when the run is over. Costs a little. */
  readonly onTimes?: (times: readonly KernelTime[]) => void;
}

/** What a run needs in memory beyond its stores, in bytes, for given sizes. */
export interface MemoryPlanSummary {
  readonly inputs: number;
  readonly outputs: number;
  readonly temporaries: number;
  /** inputs + outputs + temporaries as laid out, padding included. */
  readonly peak: number;
  /** The largest total of buffers that are alive at one time: no plan can do better. */
  readonly lowerBound: number;
}

export interface Executable {
  readonly step: Step;
  /** The source of every kernel, as printed. */
  readonly sources: readonly { readonly kernel: string; readonly variant: string; readonly source: string }[];
  plan(sizes: Sizes): MemoryPlanSummary;
  /**
   * Runs the step. `sizes` gives every symbol a value; `inputs` every input, by its source name, row-major. Returns the outputs
   * by their source names.
   * @throws MmgemError when an input is missing or its length does not fit the sizes, or a size exceeds its maximum.
   */
  run(
    store: Store,
    inputs: Readonly<Record<string, HostArray>>,
    sizes: Sizes,
    options?: RunOptions,
  ): Promise<Record<string, HostArray>>;
  close(): Promise<void>;
}

export interface ExecutorInfo {
  /** `wasm` or `dawn`, … */
  readonly backend: string;
  /** What the user chose from, and why this: `relaxed SIMD (V8 runs it correctly), 2 threads`. */
  readonly description: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

export interface Executor {
  readonly info: ExecutorInfo;
  readonly target: Target;
  createStore(name: string): Store;
  /** `force` names the variant to use for every kernel that it fits, by kernel kind: how tests reach all of them. */
  compile(
    step: Step,
    options?: {
      readonly force?: Readonly<Record<string, string>>;
      readonly onProgress?: (done: number, total: number) => void;
    },
  ): Promise<Executable>;
  /** Bytes held now and the most ever held. */
  memory(): { readonly current: number; readonly peak: number };
  /**
   * Resolves when the device is gone without having been closed; every call fails with a `DeviceLostError` of that loss from
   * then on. Absent where that cannot be.
   */
  readonly lost?: Promise<DeviceLoss>;
  /** Stops threads, destroys the device. The process can end by itself afterwards. */
  close(): Promise<void>;
}
