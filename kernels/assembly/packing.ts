/**
 * Brings an operand of a product into panels: element (index, k) of a block goes to
 * ⌊index / width⌋ · depth · width + k · width + index mod width, which is how the register tile reads it.
 *
 * Two shapes of source are fast: rows that run along depth (transposed 4 × 4 in registers) and rows that run along the
 * index (copied). What is neither is first evaluated into rows, see operand.ts. Places of a last panel beyond the block's
 * indices are left as they are: what is computed from them is never read.
 */

/** Functions of every module that has products. Strides and addresses are in bytes. */
export const packingFunctions = `\
/** Four rows along depth, interleaved: \`step\` bytes lie between steps of depth. */
function packFourRows(to: usize, from: usize, depth: i32, stride: usize, step: usize): void {
  const from1 = from + stride, from2 = from1 + stride, from3 = from2 + stride;
  let k: usize = 0;
  const end = <usize>depth << 2;
  for (; k + 16 <= end; k += 16) {
    const a = v128.load(from + k), b = v128.load(from1 + k), c = v128.load(from2 + k), d = v128.load(from3 + k);
    const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<i64>(ab0, cd0, 0, 2));
    v128.store(to + step, v128.shuffle<i64>(ab0, cd0, 1, 3));
    to += step << 1;
    v128.store(to, v128.shuffle<i64>(ab2, cd2, 0, 2));
    v128.store(to + step, v128.shuffle<i64>(ab2, cd2, 1, 3));
    to += step << 1;
  }
  for (; k < end; k += 4, to += step) {
    store<f32>(to, load<f32>(from + k));
    store<f32>(to, load<f32>(from1 + k), 4);
    store<f32>(to, load<f32>(from2 + k), 8);
    store<f32>(to, load<f32>(from3 + k), 12);
  }
}

function packTwoRows(to: usize, from: usize, depth: i32, stride: usize, step: usize): void {
  const from1 = from + stride;
  let k: usize = 0;
  const end = <usize>depth << 2;
  for (; k + 16 <= end; k += 16) {
    const a = v128.load(from + k), b = v128.load(from1 + k);
    const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    v128.store_lane<i64>(to, ab0, 0);
    v128.store_lane<i64>(to + step, ab0, 1);
    to += step << 1;
    v128.store_lane<i64>(to, ab2, 0);
    v128.store_lane<i64>(to + step, ab2, 1);
    to += step << 1;
  }
  for (; k < end; k += 4, to += step) {
    store<f32>(to, load<f32>(from + k));
    store<f32>(to, load<f32>(from1 + k), 4);
  }
}

function packOneRow(to: usize, from: usize, depth: i32, step: usize): void {
  for (let k = 0; k < depth; k++, from += 4, to += step) store<f32>(to, load<f32>(from));
}

/** Panels from \`rows\` rows that run along depth, \`stride\` bytes apart. */
function packRows(to: usize, from: usize, rows: i32, depth: i32, stride: usize, width: i32): void {
  const step = <usize>width << 2;
  for (let first = 0; first < rows; first += width) {
    const count = min(width, rows - first);
    let place = to, row = 0;
    for (; row + 4 <= count; row += 4, place += 16, from += stride << 2) packFourRows(place, from, depth, stride, step);
    for (; row + 2 <= count; row += 2, place += 8, from += stride << 1) packTwoRows(place, from, depth, stride, step);
    if (row < count) packOneRow(place, from, depth, step), (from += stride);
    to += step * depth;
  }
}

/** A whole panel of 16 from lines along the index. */
function packSixteenColumns(to: usize, from: usize, depth: i32, stride: usize): void {
  for (let k = 0; k < depth; k++, from += stride, to += 64) {
    const a = v128.load(from), b = v128.load(from, 16), c = v128.load(from, 32), d = v128.load(from, 48);
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
  }
}

/** A whole panel of 8 from lines along the index. */
function packEightColumns(to: usize, from: usize, depth: i32, stride: usize): void {
  for (let k = 0; k < depth; k++, from += stride, to += 32) {
    const a = v128.load(from), b = v128.load(from, 16);
    v128.store(to, a);
    v128.store(to, b, 16);
  }
}

/** Two whole panels of 6 from lines along the index. */
function packTwiceSixColumns(to: usize, from: usize, depth: i32, stride: usize): void {
  for (let k = 0, second = to + depth * 24; k < depth; k++, from += stride, to += 24, second += 24) {
    const a = v128.load(from), b = v128.load(from, 16), c = v128.load(from, 32);
    v128.store(to, a);
    v128.store_lane<i64>(to, b, 0, 16);
    v128.store_lane<i64>(second, b, 1);
    v128.store(second, c, 8);
  }
}

/** Panels from rows that run along the index, one for every step of depth, \`stride\` bytes apart. */
function packColumns(to: usize, from: usize, columns: i32, depth: i32, stride: usize, width: i32): void {
  const step = <usize>width << 2;
  let first = 0;
  if (width == 16)
    for (; first + 16 <= columns; first += 16, from += 64, to += depth << 6) packSixteenColumns(to, from, depth, stride);
  if (width == 8)
    for (; first + 8 <= columns; first += 8, from += 32, to += depth << 5) packEightColumns(to, from, depth, stride);
  if (width == 6)
    for (; first + 12 <= columns; first += 12, from += 48, to += depth * 48) packTwiceSixColumns(to, from, depth, stride);
  for (; first < columns; first += width) {
    const count = min(width, columns - first);
    let column = 0;
    for (; column + 4 <= count; column += 4, from += 16)
      for (let k = 0, source = from, place = to + (column << 2); k < depth; k++, source += stride, place += step)
        v128.store(place, v128.load(source));
    for (; column < count; column++, from += 4)
      for (let k = 0, source = from, place = to + (column << 2); k < depth; k++, source += stride, place += step)
        store<f32>(place, load<f32>(source));
    to += step * depth;
  }
}

/** A row from elements whose byte offsets stand in a table. */
function gatherRow(to: usize, from: usize, table: usize, depth: i32): void {
  for (let k = 0; k < depth; k++, to += 4, table += 4) store<f32>(to, load<f32>(from + load<i32>(table)));
}

/** The same where every four elements lie side by side; depth is a multiple of 4. */
function gatherRuns(to: usize, from: usize, table: usize, depth: i32): void {
  for (let k = 0; k < depth; k += 4, to += 16, table += 16) v128.store(to, v128.load(from + load<i32>(table)));
}`;
