/**
 * The kernel IR: what a graph becomes before it is printed.
 *
 * A kernel is data: the space it iterates over, scalar expressions over the axes of that space, and where results go.
 * Nothing here is WGSL or AssemblyScript, and nothing knows the word "layerNorm". Every buffer access is a flat offset,
 * in elements, linear in the axes wherever the tensors' layouts allow it (`strideOf` in dsl/scalar.ts tells).
 */
import type { StorageType } from '../dsl/dtype.ts';
import type { Extent } from '../dsl/extent.ts';
import type { Axis, Scalar } from '../dsl/scalar.ts';

/** How a parameter's elements lie in its buffer. */
export type Layout =
  /** Row-major, as in the checkpoint. */
  | { readonly kind: 'plain' }
  /**
   * The right operand of a product, [n, k] by its meaning, as panels of `width` columns: element (n, k) lies at
   * ⌊n / width⌋ · K · width + k · width + n mod width. The last panel is filled up with zeros.
   * `strideN` and `strideK` say where (n, k) lies in the plain form. Where halves alternate, the columns of a panel lie
   * in the order 0, width / 2, 1, width / 2 + 1 …: the two 16-bit floats of a word then widen to the same lane of two vectors.
   */
  | {
      readonly kind: 'panels';
      readonly width: number;
      readonly columns: number;
      readonly depth: number;
      readonly strideN: number;
      readonly strideK: number;
      readonly halves: 'apart' | 'alternate';
    };

/**
 * Where a buffer's contents come from and how long they live: inputs and outputs for one run, parameters and states as
 * long as the model, temporaries between the first kernel that writes and the last that reads them.
 */
export type Role = 'input' | 'parameter' | 'state' | 'temporary' | 'output';

export interface BufferDeclaration {
  /** Unique within a step; an identifier in both languages. */
  readonly name: string;
  readonly role: Role;
  readonly dtype: StorageType;
  /** In elements. */
  readonly size: Extent;
  readonly layout: Layout;
  /** The tensor's name for people and checkpoints: `visual.conv1.weight`. Temporaries have none. */
  readonly source?: string;
  /** The shape in words, for comments: `[B, T=50, W=768]`. */
  readonly shape: string;
}

/** value → buffer[offset], once for every point of the space that offset depends on. */
export interface Write {
  readonly buffer: string;
  readonly offset: Scalar;
  readonly value: Scalar;
}

interface KernelBase {
  /** Unique within a step; an identifier in both languages: `layerNorm_3`. */
  readonly name: string;
  /** What the kernel does in the user's terms, one line an operator, printed above its code. */
  readonly comment: readonly string[];
  readonly writes: readonly Write[];
}

/** Every point on its own: elementwise chains, movement, gathers. The last axis is the innermost. */
export interface MapKernel extends KernelBase {
  readonly kind: 'map';
  readonly axes: readonly Axis[];
}

export interface Reduction {
  readonly reduce: 'sum' | 'max';
  /** Depends on `row`, `along` and the reductions before this one (`reductionValue`). */
  readonly value: Scalar;
}

/**
 * Reductions along one axis and what is elementwise around them. A write whose offset depends on `along` happens for
 * every element; any other once a row.
 */
export interface RowKernel extends KernelBase {
  readonly kind: 'row';
  readonly row: Axis;
  readonly along: Axis;
  readonly reductions: readonly Reduction[];
}

/**
 * A batched product: accumulator(batch, m, n) = Σ_k left(batch, m, k) · right(batch, n, k). The writes' values use
 * `accumulator`. When `packed` is set, the right operand is a parameter laid out in panels (see Layout) in that buffer
 * and `right` is what it was in plain form, for people.
 */
export interface ContractKernel extends KernelBase {
  readonly kind: 'contract';
  readonly batch: Axis;
  readonly m: Axis;
  readonly n: Axis;
  readonly k: Axis;
  readonly left: Scalar;
  readonly right: Scalar;
  readonly packed?: { readonly buffer: string; readonly width: number };
}

/**
 * accumulator(batch, head, query, valueWidth) = Σ_key softmax_key(scale · Σ_width q · k) · v, without storing query × key.
 * `q` depends on batch, head, query, width; `k` on batch, head, key, width; `v` on batch, head, key, valueWidth.
 * Causal: query i sees keys up to keyExtent − queryExtent + i. `keyLength`, an i32 that depends on batch, hides keys from
 * there on. Grouped queries are in the offsets of k and v.
 */
export interface AttentionKernel extends KernelBase {
  readonly kind: 'attention';
  readonly batch: Axis;
  readonly head: Axis;
  readonly query: Axis;
  readonly key: Axis;
  readonly width: Axis;
  readonly valueWidth: Axis;
  readonly q: Scalar;
  readonly k: Scalar;
  readonly v: Scalar;
  readonly scale: number;
  readonly causal: boolean;
  readonly keyLength?: Scalar;
}

/**
 * accumulator(batch, row, width) = Σ_member Σ_column weight · value, without storing row × column; for `logSumExp`
 * accumulator(batch, row) = ln Σ_member Σ_column exp(weight). Columns run from `first` up to, not including, `end`, both i32, which
 * depend on batch and row. The weight is an expression of scores, `reductionValue(i)` = Σ_depth left · right, and of elements read at
 * batch, row, member and column. `left` depends on batch, row, member and depth, `right` on batch, column, member and depth, `value` on
 * batch, column, member and width.
 */
export interface StreamKernel extends KernelBase {
  readonly kind: 'stream';
  readonly reduce: 'sum' | 'logSumExp';
  readonly batch: readonly Axis[];
  readonly row: Axis;
  readonly member: Axis;
  readonly column: Axis;
  readonly first: Scalar;
  readonly end: Scalar;
  readonly scores: readonly { readonly depth: Axis; readonly left: Scalar; readonly right: Scalar }[];
  readonly weight: Scalar;
  /** Both are there for a sum, neither for a logSumExp. */
  readonly width?: Axis;
  readonly value?: Scalar;
}

export type Selection =
  /** The index of the largest value; of equal ones the lowest. */
  | { readonly op: 'argmax' }
  /** The indices of the `slot.extent` largest values, descending; of equal ones the lower index first. */
  | { readonly op: 'topK'; readonly slot: Axis }
  /**
   * One index drawn from softmax(value / temperature), restricted to the `topK` largest (0: all) and then to the smallest set
   * of most likely ones whose probability reaches `topP`. `uniform` in [0, 1) picks along the index order of what is left.
   * All four depend on `row` alone.
   */
  | {
      readonly op: 'sample';
      readonly temperature: Scalar;
      readonly topK: Scalar;
      readonly topP: Scalar;
      readonly uniform: Scalar;
    };

/** Picks indices along one axis, a row at a time. The writes' values use `selectedIndex`. */
export interface SelectKernel extends KernelBase {
  readonly kind: 'select';
  readonly row: Axis;
  readonly along: Axis;
  readonly value: Scalar;
  readonly selection: Selection;
}

export type Kernel = MapKernel | RowKernel | ContractKernel | AttentionKernel | StreamKernel | SelectKernel;

/** A symbolic size that a run gives a value to. */
export interface SizeSymbol {
  readonly name: string;
  readonly max?: number;
}

/** A graph after lowering: kernels in the order they run, and the buffers they run on. */
export interface Step {
  readonly name: string;
  readonly sizes: readonly SizeSymbol[];
  readonly buffers: readonly BufferDeclaration[];
  readonly kernels: readonly Kernel[];
}

/** A tuned way to carry out a kernel. Tables of these stand in each printer's variants.ts; the first that fits is used. */
export interface Variant<T = Target> {
  readonly kind: Kernel['kind'];
  readonly name: string;
  fits(kernel: Kernel, target: T): boolean;
  /** Tile sizes and the like: what the body is specialised by. */
  readonly parameters: Readonly<Record<string, number>>;
  readonly reason: string;
}

/** What WGSL may rely on: features and limits of the device. */
export interface WgslTarget {
  readonly language: 'wgsl';
  readonly subgroups: boolean;
  readonly f16: boolean;
  readonly maxStorageBuffers: number;
  readonly maxWorkgroupStorage: number;
  readonly maxInvocations: number;
}

/** Which build AssemblyScript is printed for; see asconfig.json. */
export interface AssemblyTarget {
  readonly language: 'assembly';
  readonly simd: 'baseline' | 'relaxed' | 'wide';
}

export type Target = WgslTarget | AssemblyTarget;
