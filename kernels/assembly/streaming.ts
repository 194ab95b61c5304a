/**
 * Products of few rows with a right operand that lies in memory as it is: every element of it is read once, in the order in
 * which it lies, and used for all rows. Decoding and text heads are bound by that reading, not by arithmetic, so
 * packing would only add to it.
 *
 *   right along depth, [n, k]:   four columns × 8 of depth a step, eight sums in flight      result[r, n … n+3]
 *   right along columns, [k, n]: four steps of depth × 4 columns, the result stays in L1     result[r, n … n+3]
 */
const four = [0, 1, 2, 3];

function printDots(): string {
  const step = (half: 0 | 1): string[] =>
    four.map((c) => {
      const sum = `s${c}_${half}`;
      return `      ${sum} = madd(a${half}, v128.load(b${c} + k, ${half * 16}), ${sum});`;
    });
  return `\
/** result[r, n] += Σ left[r, k] · right[n, k]; rows of all three lie strides apart, in bytes. */
function multiplyDots(rows: i32, columns: i32, depth: i32, left: usize, leftStride: usize, right: usize, rightStride: usize, result: usize, resultStride: usize): void {
  const end = <usize>depth << 2;
  let n = 0;
  for (; n + 4 <= columns; n += 4, right += rightStride << 2, result += 16) {
    const b0 = right, b1 = b0 + rightStride, b2 = b1 + rightStride, b3 = b2 + rightStride;
    for (let r = 0, from = left, to = result; r < rows; r++, from += leftStride, to += resultStride) {
${four.map((c) => `      let s${c}_0 = f32x4.splat(0), s${c}_1 = f32x4.splat(0);`).join('\n')}
      let k: usize = 0;
      for (; k + 32 <= end; k += 32) {
        const a0 = v128.load(from + k), a1 = v128.load(from + k, 16);
${[...step(0), ...step(1)].map((line) => `  ${line}`).join('\n')}
      }
      for (; k + 16 <= end; k += 16) {
        const a0 = v128.load(from + k);
${step(0)
  .map((line) => `  ${line}`)
  .join('\n')}
      }
${four.map((c) => `      s${c}_0 = f32x4.add(s${c}_0, s${c}_1);`).join('\n')}
      const low01 = v128.shuffle<f32>(s0_0, s1_0, 0, 4, 1, 5), high01 = v128.shuffle<f32>(s0_0, s1_0, 2, 6, 3, 7);
      const low23 = v128.shuffle<f32>(s2_0, s3_0, 0, 4, 1, 5), high23 = v128.shuffle<f32>(s2_0, s3_0, 2, 6, 3, 7);
      const sum01 = f32x4.add(low01, high01), sum23 = f32x4.add(low23, high23);
      let sum = f32x4.add(v128.shuffle<i64>(sum01, sum23, 0, 2), v128.shuffle<i64>(sum01, sum23, 1, 3));
      for (; k < end; k += 4) {
        const b = f32x4(load<f32>(b0 + k), load<f32>(b1 + k), load<f32>(b2 + k), load<f32>(b3 + k));
        sum = f32x4.add(sum, f32x4.mul(v128.load_splat<f32>(from + k), b));
      }
      v128.store(to, f32x4.add(v128.load(to), sum));
    }
  }
  for (; n < columns; n++, right += rightStride, result += 4) {
    for (let r = 0, from = left, to = result; r < rows; r++, from += leftStride, to += resultStride) {
      let s = f32x4.splat(0);
      let k: usize = 0;
      for (; k + 16 <= end; k += 16) s = madd(v128.load(from + k), v128.load(right + k), s);
      let sum = sum_f32x4(s);
      for (; k < end; k += 4) sum += load<f32>(from + k) * load<f32>(right + k);
      store<f32>(to, load<f32>(to) + sum);
    }
  }
}`;
}

function printScaledRows(): string {
  const added = (sum: string, count: number): string =>
    four.slice(0, count).reduce((inner, s) => `madd(a${s}, v128.load(b${s} + n), ${inner})`, sum);
  const addedScalar = (count: number): string =>
    four
      .slice(0, count)
      .map((s) => ` + f32x4.extract_lane(a${s}, 0) * load<f32>(b${s} + n)`)
      .join('');
  const block = (count: number): string => `\
    for (let r = 0, from = left, to = result; r < rows; r++, from += leftStride, to += resultStride) {
      const ${four
        .slice(0, count)
        .map((s) => `a${s} = v128.load_splat<f32>(from, ${s * 4})`)
        .join(', ')};
      let n: usize = 0;
      for (; n + 16 <= end; n += 16) v128.store(to + n, ${added('v128.load(to + n)', count)});
      for (; n < end; n += 4) store<f32>(to + n, load<f32>(to + n)${addedScalar(count)});
    }
    left += ${count * 4};
    right += rightStride * ${count};`;
  return `\
/** result[r, n] += Σ left[r, k] · right[k, n]; rows of all three lie strides apart, in bytes. */
function multiplyScaledRows(rows: i32, columns: i32, depth: i32, left: usize, leftStride: usize, right: usize, rightStride: usize, result: usize, resultStride: usize): void {
  const end = <usize>columns << 2;
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    const b0 = right, b1 = b0 + rightStride, b2 = b1 + rightStride, b3 = b2 + rightStride;
${block(4)}
  }
  for (; k < depth; k++) {
    const b0 = right;
${block(1)}
  }
}`;
}

/** Functions of every module that has products. */
export const streamingFunctions = `${printDots()}\n\n${printScaledRows()}`;
