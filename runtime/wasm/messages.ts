/** What the executor and its threads say to each other. A run needs one answer and, on the way in, no message: see control.ts. */
import type { StorageType } from '../../dsl/dtype.ts';
import type { Layout } from '../../kernels/ir.ts';

/** Elements in plain form that belong at `address`, arranged and encoded. */
export interface Placing {
  readonly data: Float32Array | Int32Array | Uint32Array;
  readonly dtype: StorageType;
  readonly layout: Layout;
  readonly address: number;
  /** What errors call it. */
  readonly what: string;
}

/** Elements at `address` that are wanted in plain form. */
export interface Fetching {
  readonly dtype: StorageType;
  readonly layout: Layout;
  readonly address: number;
  /** Elements of the plain form. */
  readonly count: number;
}

/** A module with one exported function, `multiply(rows, depth, left, right, result, stride)`, see proof.ts. */
export interface Proving {
  readonly module: WebAssembly.Module;
  readonly rows: number;
  readonly columns: number;
  /** Where `proofBytes` of memory are free. */
  readonly address: number;
}

export type ToThread =
  /** The first message of all. */
  | {
      readonly kind: 'start';
      readonly thread: number;
      /** Shared, unless the only thread is the caller's own. */
      readonly control: SharedArrayBuffer | ArrayBuffer;
      readonly memory: WebAssembly.Memory;
    }
  /** Functions of an executable, one a kernel, by the names they are exported under. */
  | {
      readonly kind: 'load';
      readonly request: number;
      readonly executable: number;
      readonly module: WebAssembly.Module;
      readonly kernels: readonly string[];
    }
  | { readonly kind: 'unload'; readonly executable: number }
  | { readonly kind: 'place'; readonly request: number; readonly placing: Placing }
  | { readonly kind: 'fetch'; readonly request: number; readonly fetching: Fetching }
  | { readonly kind: 'prove'; readonly request: number; readonly proving: Proving };

export type FromThread =
  | { readonly kind: 'answer'; readonly request: number; readonly value?: unknown }
  | { readonly kind: 'refusal'; readonly request: number; readonly error: string }
  /** All kernels of the run are through. */
  | { readonly kind: 'done' }
  /** A kernel has trapped; `done` follows, maybe from another thread. */
  | { readonly kind: 'failed'; readonly kernel: number; readonly error: string };
