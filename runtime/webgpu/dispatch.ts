/** How many workgroups run, and in which grid. */

import { MmgemError } from '../../dsl/errors.ts';
import { evaluateExtent, type Sizes } from '../../dsl/extent.ts';
import type { TileCount } from '../../kernels/printed.ts';

/** Workgroups in x and y. Kernels take x + y · width as their flat index and leave when it is not below the count. */
export type Grid = readonly [x: number, y: number];

export function countWorkgroups(tiles: readonly TileCount[], sizes: Sizes): number {
  return tiles.reduce((product, { extent, per }) => product * Math.ceil(evaluateExtent(extent, sizes) / per), 1);
}

/**
 * The grid of at least `count` workgroups with the fewest to spare.
 * @throws MmgemError when even a full grid is too small; `what` names the kernel.
 */
export function foldGrid(count: number, mostPerDimension: number, what: string): Grid {
  if (count <= mostPerDimension) return [count, 1];
  const rows = Math.ceil(count / mostPerDimension);
  if (rows > mostPerDimension) {
    throw new MmgemError(
      `${what} needs ${count} workgroups; the device runs ${mostPerDimension}² at most. Use smaller sizes`,
    );
  }
  return [Math.ceil(count / rows), rows];
}
