/** How an operand of a product lies in memory, and so which way of packing or streaming it fits. */

import type { StorageType } from '../../dsl/dtype.ts';
import { evaluator } from '../../dsl/evaluate.ts';
import { type Extent, fixedExtent, symbolsOf } from '../../dsl/extent.ts';
import { type Axis, apply, dependsOn, linearForm, type Read, type Scalar, strideOf, whole } from '../../dsl/scalar.ts';

/** One operand: an expression over an index (m or n) and the axis that the product sums over. */
export interface Operand {
  readonly value: Scalar;
  readonly index: Axis;
  readonly depth: Axis;
}

export type Access =
  /** f32 that run along depth; rows lie `stride` elements apart. */
  | { readonly kind: 'rows'; readonly read: Read; readonly stride: Extent }
  /** f32 that run along the index; steps of depth lie `stride` elements apart. */
  | { readonly kind: 'columns'; readonly read: Read; readonly stride: Extent }
  /**
   * f32 whose offset is one part that depends on the index and one that depends on depth, as where patches of an image
   * are read in place: the latter is worked out once a block. `run` neighbours along depth lie side by side (0: all).
   */
  | { readonly kind: 'separable'; readonly read: Read; readonly ofDepth: Scalar; readonly run: 0 | 1 | 4 }
  /** Anything else: worked out element by element, or four at a time where the expression allows it. */
  | { readonly kind: 'expression' };

export function accessOf({ value, index, depth }: Operand, storage: (buffer: string) => StorageType): Access {
  if (value.kind !== 'read' || storage(value.buffer) !== 'f32') return { kind: 'expression' };
  const alongIndex = strideOf(value.offset, index);
  const alongDepth = strideOf(value.offset, depth);
  const unit = (stride: Extent | undefined, axis: Axis): boolean =>
    stride !== undefined && (fixedExtent(stride) === 1 || fixedExtent(axis.extent) === 1);
  if (alongIndex && unit(alongDepth, depth)) return { kind: 'rows', read: value, stride: alongIndex };
  if (alongDepth && unit(alongIndex, index)) return { kind: 'columns', read: value, stride: alongDepth };
  const ofDepth = partOf(value.offset, depth, index);
  if (!ofDepth) return { kind: 'expression' };
  return { kind: 'separable', read: value, ofDepth, run: unit(alongDepth, depth) ? 0 : runLength(ofDepth, depth) };
}

/** The sum of an offset's terms that depend on `axis`, or undefined when one of them depends on `other`, too. */
function partOf(offset: Scalar, axis: Axis, other: Axis): Scalar | undefined {
  const terms = linearForm(offset).terms.filter(({ atom }) => dependsOn(atom, axis));
  if (terms.some(({ atom }) => dependsOn(atom, other) || hasReads(atom))) return undefined;
  return terms.reduce<Scalar>(
    (sum, { coefficient, atom }) => apply('add', sum, apply('mul', atom, whole(coefficient))),
    whole(0),
  );
}

function hasReads(x: Scalar): boolean {
  return x.kind === 'read' || x.kind === 'loop' || (x.kind === 'apply' && x.arguments.some(hasReads));
}

/** What is left of a separable offset when the part of depth is taken off. */
export function ofIndex({ read, ofDepth }: Extract<Access, { kind: 'separable' }>): Scalar {
  return apply('sub', read.offset, ofDepth);
}

/** 4 when every four elements from a multiple of four on lie side by side, as far as fixed sizes show it; else 1. */
function runLength(ofDepth: Scalar, depth: Axis): 1 | 4 {
  const end = fixedExtent(depth.extent);
  if (end === undefined || end % 4 !== 0 || symbolsWithin(ofDepth).length > 0) return 1;
  const axes = new Map<string, number>();
  const offset = evaluator(ofDepth, { sizes: {}, axes, buffers: new Map() });
  const at = (k: number): number => {
    axes.set(depth.name, k);
    return offset();
  };
  for (let k = 0; k < end; k++) if (k % 4 !== 0 && at(k) !== at(k - 1) + 1) return 1;
  return 4;
}

function symbolsWithin(x: Scalar): string[] {
  if (x.kind === 'apply') return x.arguments.flatMap(symbolsWithin);
  if (x.kind !== 'linear') return [];
  return [
    ...symbolsOf(x.constant),
    ...x.terms.flatMap(({ atom, coefficient }) => [...symbolsOf(coefficient), ...symbolsWithin(atom)]),
  ];
}
