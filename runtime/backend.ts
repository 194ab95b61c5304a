/** What an engine chooses from: the backends of a host, each with a way to try it and a way to open it. */
import { MmgemError } from '../dsl/errors.ts';
import type { AssemblyTarget } from '../kernels/ir.ts';
import type { Executor } from './seam.ts';

/** What a user may ask of a backend. Each backend says in `BackendFactory.options` what concerns it. */
export interface BackendOptions {
  /** Worker threads; as many as run at one time unless told. */
  readonly threads?: number;
  /** The SIMD build to use instead of the best that the host runs. */
  readonly simd?: AssemblyTarget['simd'];
  /** 256-bit SIMD, which V8 calls experimental: `auto` where it is known to run well, `on` or an error, `off` never. */
  readonly wide?: 'auto' | 'on' | 'off';
  /** false: compiled kernels are not kept on disk for the next process. */
  readonly cache?: boolean;
  /** false: no half precision in shaders. */
  readonly f16?: boolean;
  /** false: no subgroup operations in shaders. */
  readonly subgroups?: boolean;
  /** false: no timestamps, so no `onTimes`. */
  readonly timestamps?: boolean;
  /** Limits of the GPU device to ask for, by WebGPU's names, lower than the adapter's. */
  readonly limits?: Readonly<Record<string, number>>;
  /** Dawn's own options: `enable-dawn-features=allow_unsafe_apis`. */
  readonly toggles?: readonly string[];
}

export type BackendOption = keyof BackendOptions;

/** What trying a backend found. */
export type Probe =
  | {
      readonly usable: true;
      readonly description: string;
      /** Why `auto` should rather take another backend, if one is usable. */
      readonly drawback?: string;
    }
  | { readonly usable: false; readonly reason: string; readonly remedy: string };

/** What a probe says of a backend that could not be opened. */
export function unusable(error: unknown): Probe {
  if (error instanceof BackendError) return { usable: false, reason: error.reason, remedy: error.remedy };
  const reason = error instanceof Error ? error.message : String(error);
  return { usable: false, reason, remedy: 'Use another backend' };
}

export interface BackendFactory {
  /** `wasm`, `dawn`, … */
  readonly name: string;
  /** The options that it heeds. */
  readonly options: readonly BackendOption[];
  /** Looks whether the backend could be opened; leaves nothing behind. */
  probe(options?: BackendOptions): Promise<Probe>;
  /** @throws MmgemError when it cannot be opened. */
  open(options: BackendOptions): Promise<Executor>;
}

/** A backend that cannot run, and what would make it run. */
export class BackendError extends MmgemError {
  override name = 'BackendError';
  readonly reason: string;
  readonly remedy: string;

  constructor(reason: string, remedy: string, options?: ErrorOptions) {
    super(`${reason}. ${remedy}`, options);
    this.reason = reason;
    this.remedy = remedy;
  }
}
