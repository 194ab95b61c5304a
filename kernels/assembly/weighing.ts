/**
 * Softmax over keys that arrive in blocks: a row's weights are e^(score − largest so far), and what has been summed before
 * shrinks by e^(largest before − largest now). In the end the sums are divided by the total of all weights.
 */
import { mathsConstants } from './maths.ts';

/** Functions of every module that has attention or streams. */
export function printWeighing(): string {
  const values = mathsConstants('exp');
  const power = (x: string): string => `exp_lanes(${[x, ...values.map((_, i) => `c${i}`)].join(', ')})`;
  const weight = (place: string): string => power(`f32x4.sub(f32x4.mul(v128.load(${place}), scales), largest)`);
  return `\
/**
 * Turns a row's scores into weights, in place. The first \`visible\` of \`keys\` count, the others weigh 0; \`keys\` is a multiple of 4
 * or followed by room up to one. \`state\` holds the largest score so far and the total of weights; sums lie from \`sums\` to \`sumsEnd\`.
 */
function weighRow(scores: usize, visible: i32, keys: i32, scale: f32, state: usize, sums: usize, sumsEnd: usize): void {
  if (visible <= 0) {
    memory.fill(scores, 0, keys << 2);
    return;
  }
  const zero = visible >> 31;
${values.map((value, i) => `  const c${i} = kept(${value}, zero);`).join('\n')}
  const scales = f32x4.splat(scale);
  const before = v128.load_splat<f32>(state);
  const counted = visible & ~3;
  const rest = scores + (counted << 2);
  const seen = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(visible - counted));
  let largest = before;
  for (let at = scores; at < rest; at += 16) largest = f32x4.pmax(largest, f32x4.mul(v128.load(at), scales));
  if (counted < visible) largest = f32x4.pmax(largest, v128.bitselect(f32x4.mul(v128.load(rest), scales), largest, seen));
  largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
  largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 1, 0, 3, 2));
  let total = f32x4.splat(0);
  let at = scores;
  for (; at + 32 <= rest; at += 32) {
    const w0 = ${weight('at')};
    const w1 = ${weight('at, 16')};
    v128.store(at, w0);
    v128.store(at, w1, 16);
    total = f32x4.add(total, f32x4.add(w0, w1));
  }
  for (; at < rest; at += 16) {
    const weights = ${weight('at')};
    v128.store(at, weights);
    total = f32x4.add(total, weights);
  }
  if (counted < visible) {
    const weights = v128.and(${weight('at')}, seen);
    v128.store(at, weights);
    total = f32x4.add(total, weights);
    at += 16;
  }
  for (const end = scores + (keys << 2); at < end; at += 16) v128.store(at, f32x4.splat(0));
  const shrink = ${power('f32x4.sub(before, largest)')};
  store<f32>(state, f32x4.extract_lane(largest, 0));
  store<f32>(state, load<f32>(state, 4) * f32x4.extract_lane(shrink, 0) + sum_f32x4(total), 4);
  if (f32x4.extract_lane(shrink, 0) != 1)
    for (; sums < sumsEnd; sums += 16) v128.store(sums, f32x4.mul(v128.load(sums), shrink));
}

/** Takes a row's logits from the one place to the other into its state, as \`weighRow\` does; what lies before \`to\` is overwritten. */
function addLogits(logits: usize, from: i32, to: i32, state: usize): void {
  if (to <= from) return;
  for (let i = 0; i < from; i++) store<f32>(logits + (i << 2), -Infinity);
  weighRow(logits, to, to, 1, state, 0, 0);
}`;
}
