/** How a buffer's elements are laid out in memory, and how a loader brings plain contents into that layout. */
import { type StorageType, storageTypes } from '../dsl/dtype.ts';
import type { Layout } from './ir.ts';

export type PanelLayout = Extract<Layout, { kind: 'panels' }>;

/** Elements that a buffer takes in its layout; `plainSize` is what it takes row-major. Padding of the last panel counts. */
export function layoutSize(layout: Layout, plainSize: number): number {
  return layout.kind === 'plain' ? plainSize : Math.ceil(layout.columns / layout.width) * layout.width * layout.depth;
}

/** How the halves of panels of a type lie: those of 16 bits alternate. */
export function halvesOf(dtype: StorageType): PanelLayout['halves'] {
  return storageTypes[dtype].bytes === 2 ? 'alternate' : 'apart';
}

/** Where each column of a panel lies among its `width` neighbours. */
function columnPlaces({ width, halves }: PanelLayout): number[] {
  const half = width / 2;
  const place = (n: number): number => (n < half ? 2 * n : 2 * (n - half) + 1);
  return Array.from({ length: width }, (_, n) => (halves === 'apart' ? n : place(n)));
}

/**
 * Plain contents as panels, see `Layout` in ir.ts.
 * @throws RangeError when `plain` is shorter than the strides reach.
 */
export function arrangePanels(layout: PanelLayout, plain: Float32Array): Float32Array {
  const { width, columns, depth, strideN, strideK } = layout;
  checkReach(layout, plain.length);
  const places = columnPlaces(layout);
  const panels = new Float32Array(layoutSize(layout, plain.length));
  for (let first = 0; first < columns; first += width) {
    const count = Math.min(width, columns - first);
    let to = first * depth;
    // Along n within k: writes run on, and the `width` streams that are read stay in the cache.
    for (let k = 0; k < depth; k++, to += width) {
      let from = first * strideN + k * strideK;
      for (let n = 0; n < count; n++, from += strideN) panels[to + places[n]!] = plain[from]!;
    }
  }
  return panels;
}

/** The way back: contents in plain form from panels. Places that no (n, k) lies at are 0. */
export function restorePlain(layout: PanelLayout, panels: Float32Array, plainSize: number): Float32Array {
  const { width, columns, depth, strideN, strideK } = layout;
  checkReach(layout, plainSize);
  const places = columnPlaces(layout);
  const plain = new Float32Array(plainSize);
  for (let n = 0; n < columns; n++) {
    let from = (n - (n % width)) * depth + places[n % width]!;
    let to = n * strideN;
    for (let k = 0; k < depth; k++, from += width, to += strideK) plain[to] = panels[from]!;
  }
  return plain;
}

function checkReach({ columns, depth, strideN, strideK }: PanelLayout, plainSize: number): void {
  const reach = columns && depth ? (columns - 1) * strideN + (depth - 1) * strideK + 1 : 0;
  if (reach <= plainSize) return;
  throw new RangeError(
    `panels of ${columns} columns × ${depth} (strides ${strideN}, ${strideK}) reach ${reach} elements, the plain form has ${plainSize}`,
  );
}
