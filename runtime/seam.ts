/**
 * The seam between the engine and what runs kernels. Two executors stand behind it: wasm and WebGPU.
 *
 * A step is compiled once into an `Executable`; parameters and states live in `Store`s that several executables share,
 * as the programs of one model do. Everything here is asynchronous: the caller's event loop is never blocked.
 */
import type { Sizes } from '../dsl/extent.ts';
import type { BufferDeclaration, Step, Target } from '../kernels/ir.ts';
import type { StepOutline } from '../kernels/outline.ts';
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
  /**
   * Arrays that outputs are written into, by their names: of their type and length. A new array for each run takes longer than
   * copying megabytes into one that is there.
   */
  readonly into?: Readonly<Record<string, HostArray>>;
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
  readonly step: StepOutline;
  /** The source of every kernel, as printed; empty where kernels that were compiled before are used. */
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

/** Compiled kernels by their keys. `get` does not reject: what cannot be had is not there. */
export interface KernelSource {
  /** For people: where they are. */
  readonly description: string;
  get(key: string): Promise<Uint8Array | undefined>;
}

/** A step, or what makes it when nothing was compiled before. */
export type StepSource = Step | (() => Promise<Step>);

export function stepOf(source: StepSource): Step | Promise<Step> {
  return typeof source === 'function' ? source() : source;
}

export interface CompileOptions {
  /** The variant to use for every kernel that it fits, by kernel kind: how tests reach all of them. */
  readonly force?: Readonly<Record<string, string>>;
  readonly onProgress?: (done: number, total: number) => void;
  /**
   * What the step is made from, as `graphKey` tells: the same text and target give the same step. Where an executor finds what
   * was compiled under it before, the step is not made at all.
   */
  readonly origin?: string;
  /** Kernels compiled ahead, beside those that the executor keeps itself: those that came with a model. */
  readonly kernels?: KernelSource;
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
  compile(step: StepSource, options?: CompileOptions): Promise<Executable>;
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
