/**
 * Which columns rows see, as pairs of i32: the first column and the one behind the last; none where the latter is not larger. Products
 * of panels leave out what no row of a register tile sees, so that causality halves them.
 */
import type { AssemblyTarget } from '../ir.ts';
import { tileShape } from './tile.ts';

/** Functions of every module that has streams. */
export function printVisibility(target: AssemblyTarget): string {
  const { rows, columns } = tileShape(target);
  const eachTile = `for (let m = 0; m < rows; m += ${rows}, visible += 8, left += perRow * ${rows}, result += stride * ${rows})`;
  const tile = (depth: string, left: string, panel: string): string =>
    `multiplyRows(min(${rows}, rows - m), ${depth}, ${left}, apart, step, ${panel}, result, stride);`;
  return `\
/** What every \`unit\` rows see together, from what each one sees. */
function joinVisible(to: usize, from: usize, rows: i32, unit: i32): void {
  for (let start = 0; start < rows; start += unit, to += 8) {
    let first = i32.MAX_VALUE, end = 0;
    for (const last = from + (min(unit, rows - start) << 3); from < last; from += 8) {
      if (load<i32>(from, 4) <= load<i32>(from)) continue;
      first = min(first, load<i32>(from));
      end = max(end, load<i32>(from, 4));
    }
    store<i32>(to, min(first, end));
    store<i32>(to, end, 4);
  }
}

/** All rows of left × a panel of columns from \`first\` up to \`end\`, but for tiles of rows that see none of them. */
function multiplyVisible(rows: i32, depth: i32, left: usize, perRow: usize, apart: usize, step: usize, panel: usize, result: usize, stride: usize, visible: usize, first: i32, end: i32): void {
  ${eachTile}
    if (load<i32>(visible) < end && first < load<i32>(visible, 4)) ${tile('depth', 'left', 'panel')}
}

/** All rows of left × a panel whose depth are columns from \`first\` on, each tile of rows over those that it sees. */
function multiplyVisibleDepth(rows: i32, depth: i32, left: usize, perRow: usize, apart: usize, step: usize, panel: usize, result: usize, stride: usize, visible: usize, first: i32): void {
  ${eachTile} {
    const from = max(load<i32>(visible) - first, 0), to = min(load<i32>(visible, 4) - first, depth);
    if (from < to) ${tile('to - from', `left + <usize>from * step`, `panel + from * ${columns * 4}`)}
  }
}

/** Zeros for a row's weights but those from the one place to the other. */
function clearHidden(weights: usize, columns: i32, from: i32, to: i32): void {
  if (from > 0) memory.fill(weights, 0, from << 2);
  if (to < columns) memory.fill(weights + (to << 2), 0, (columns - to) << 2);
}`;
}
