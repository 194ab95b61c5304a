/** What the two printers hand to the executors: source text and how often to run it. */
import type { Extent } from '../dsl/extent.ts';

/** ⌈extent / per⌉, evaluated for the sizes of a run. */
export interface TileCount {
  readonly extent: Extent;
  readonly per: number;
}

/** A kernel in AssemblyScript: an exported function of a module. */
export interface PrintedAssembly {
  readonly kernel: string;
  /** The exported function that carries it out; kernels that are alike share one. */
  readonly entry: string;
  readonly variant: string;
  /** The product of the counts is the number of tiles, which threads share out among themselves. */
  readonly tiles: readonly TileCount[];
  /** Buffers in the order in which their addresses stand in the kernel's argument block. */
  readonly buffers: readonly string[];
  /** Bytes of scratch memory that each thread needs while it runs this kernel. */
  readonly scratchBytes: number;
}

/** All kernels of a step as one AssemblyScript module. */
export interface AssemblyModule {
  readonly source: string;
  readonly kernels: readonly PrintedAssembly[];
}

/** A kernel in WGSL: one shader module, entry point `main`. */
export interface PrintedWgsl {
  readonly kernel: string;
  readonly variant: string;
  readonly source: string;
  /** Storage bindings 0 … n − 1 of group 0, in order; the sizes' uniform is binding n. */
  readonly bindings: readonly { readonly buffer: string; readonly access: 'read' | 'read_write' }[];
  /** The number of workgroups is the product of the counts; the executor folds it into the dispatch grid. */
  readonly workgroups: readonly TileCount[];
}
