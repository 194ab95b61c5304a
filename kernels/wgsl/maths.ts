/**
 * Functions that WGSL has not, or not precisely enough for every argument, as WGSL source.
 *
 * WGSL lets compilers assume that there are no infinities and NaNs. What must keep them looks at bits, which no such
 * assumption reaches.
 */

export interface Helper {
  readonly source: string;
  /** Other helpers that the source calls. */
  readonly uses?: readonly string[];
}

export const helpers = {
  infinityBits: {
    source: `
// WGSL has no constant for infinity; this is none to the compiler.
var<private> infinityBits: u32 = 0x7f800000u;`,
  },
  notANumberBits: {
    source: `
var<private> notANumberBits: u32 = 0x7fc00000u;`,
  },
  isNan: {
    source: `
fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }`,
  },
  maximum: {
    uses: ['isNan'],
    source: `
// The larger one, or NaN if either is.
fn maximum(a: f32, b: f32) -> f32 { return select(select(max(a, b), b, isNan(b)), a, isNan(a)); }`,
  },
  minimum: {
    uses: ['isNan'],
    source: `
// The smaller one, or NaN if either is.
fn minimum(a: f32, b: f32) -> f32 { return select(select(min(a, b), b, isNan(b)), a, isNan(a)); }`,
  },
  exponential: {
    uses: ['isNan'],
    source: `
// Some devices make infinity of NaN.
fn exponential(x: f32) -> f32 { return select(exp(x), x, isNan(x)); }`,
  },
  logarithm: {
    uses: ['infinityBits'],
    source: `
// The builtin has an absolute error around 1. For x = 2^e · m with m around 1 and s = (m - 1) / (m + 1): log m = 2 artanh s.
fn logarithm(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) == 0u) { return -bitcast<f32>(infinityBits); }
  if (0x7f800000u <= bits) { return bitcast<f32>(select(bits | 0x7fc00000u, bits, bits == 0x7f800000u)); }
  if (bits < 0x00800000u) { return log(x); }
  let shifted = bits - 0x3f3504f3u;  // of the square root of 1/2, so that m lies between it and its double
  let exponent = f32(bitcast<i32>(shifted) >> 23u);
  let m = bitcast<f32>((shifted & 0x007fffffu) + 0x3f3504f3u);
  let s = (m - 1.0) / (m + 1.0);
  let z = s * s;
  return exponent * 0.69314718 + 2.0 * s * (1.0 + z * (0.33333333 + z * (0.2 + z * (0.14285714 + z * 0.11111111))));
}`,
  },
  sigmoid: {
    uses: ['exponential'],
    source: `
fn sigmoid(x: f32) -> f32 {
  let t = exponential(-abs(x));  // never above 1: nothing overflows
  return select(1.0, t, x < 0.0) / (1.0 + t);
}`,
  },
  hyperbolicTangent: {
    uses: ['exponential'],
    source: `
// A polynomial near 0, where 1 - t would cancel; exponentials that cannot overflow elsewhere.
fn hyperbolicTangent(x: f32) -> f32 {
  let s = x * x;
  let near = x * (0.99999999 + s * (-0.33333231 + s * (0.13330447 + s * (-0.053667395 + s * (0.020420869 - s * 0.005473609)))));
  let t = exponential(-2.0 * abs(x));
  let far = (1.0 - t) / (1.0 + t);
  return select(select(far, -far, x < 0.0), near, abs(x) < 0.65);
}`,
  },
  errorFunction: {
    uses: ['exponential'],
    source: `
// erf to 1e-7: least-squares polynomials of erf(x) / x in x² up to 1, and of exp(x²) erfc(x) in 1 / (1 + x) beyond.
fn errorFunction(x: f32) -> f32 {
  let s = x * x;
  let near = x * (1.1283791659 + s * (-0.3761262691 + s * (0.1128359749 + s * (-0.0268543295
    + s * (0.0051893128 + s * (-0.000801885901 + s * 0.0000788250044))))));
  let t = 1.0 / (1.0 + abs(x));
  let scaled = -0.000129718923 + t * (0.5672682047 + t * (0.5341492354 + t * (0.4324722098
    + t * (-0.6487426665 + t * (-0.5794811626 + t * (1.2607107424 - t * 0.5837493044))))));
  let far = 1.0 - exponential(-s) * scaled;
  return select(select(far, -far, x < 0.0), near, abs(x) < 1.0);
}`,
  },
  sine: {
    uses: ['quarterTurns'],
    source: `
fn sine(x: f32) -> f32 { return turned(x, 0u); }`,
  },
  cosine: {
    uses: ['quarterTurns'],
    source: `
fn cosine(x: f32) -> f32 { return turned(x, 1u); }`,
  },
  quarterTurns: {
    source: `
// sin(x + quarters · π/2). Arguments beyond π/4 are reduced in whole numbers, with 2^32 for a full turn, which no
// reordering of float operations can spoil: x = n + f, and n / 2π modulo 1 from 64 bits of 1 / 2π = 0x28be60db.9391054a / 2^32.
// From 2^31 on, where neighbouring numbers are 256 apart, and for infinities and NaN the result is NaN.
fn turned(x: f32, quarters: u32) -> f32 {
  var r = x;
  var quadrant = quarters;
  let size = abs(x);
  if (!(size < 0.785)) {
    let n = floor(size);
    let whole = u32(min(n, 2147483520.0));
    let high = whole >> 16u;
    let low = whole & 0xffffu;
    var turns = whole * 0x28be60dbu + high * 0x9391u + ((low * 0x9391u) >> 16u) + ((high * 0x054au) >> 16u);
    turns += u32((size - n) * 683565275.58);
    turns = select(turns, 0u - turns, x < 0.0);
    let nearest = (turns + 0x20000000u) >> 30u;
    r = f32(bitcast<i32>(turns - (nearest << 30u))) * 1.4629180793e-9;
    quadrant += nearest;
  }
  let s = r * r;
  let sine = r * (1.0 + s * (-0.16666667 + s * (0.0083333333 + s * (-0.0001984127 + s * 0.0000027557319))));
  let cosine = 1.0 + s * (-0.5 + s * (0.041666667 + s * (-0.0013888889 + s * (0.000024801587 - s * 2.7557319e-7))));
  let value = select(sine, cosine, (quadrant & 1u) == 1u);
  let bits = bitcast<u32>(x);
  let signed = select(value, -value, (quadrant & 2u) == 2u);
  return bitcast<f32>(select(bitcast<u32>(signed), bits | 0x7fc00000u, (bits & 0x7fffffffu) >= 0x4f000000u));
}`,
  },
  unpackHalf: {
    source: `
// The f16 at an even or odd element of a word.
fn unpackHalf(word: u32, at: i32) -> f32 { return unpack2x16float(word)[at & 1]; }`,
  },
  unpackHalves: {
    source: `
fn unpackHalves(words: vec2<u32>) -> vec4<f32> { return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y)); }`,
  },
  packHalves: {
    source: `
fn packHalves(x: vec4<f32>) -> vec2<u32> { return vec2<u32>(pack2x16float(x.xy), pack2x16float(x.zw)); }`,
  },
  unpackBrain: {
    source: `
// The bf16 at an even or odd element of a word: the upper half of an f32.
fn unpackBrain(word: u32, at: i32) -> f32 { return bitcast<f32>((word >> (16u * u32(at & 1))) << 16u); }`,
  },
  unpackBrains: {
    source: `
fn unpackBrains(words: vec2<u32>) -> vec4<f32> {
  return bitcast<vec4<f32>>(vec4<u32>(words.x << 16u, words.x & 0xffff0000u, words.y << 16u, words.y & 0xffff0000u));
}`,
  },
  packBrains: {
    source: `
// Rounds to the nearest bf16, ties to even. A NaN stays one.
fn packBrains(x: vec4<f32>) -> vec2<u32> {
  let bits = bitcast<vec4<u32>>(x);
  let nan = (bits & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u);
  let rounded = (bits + vec4<u32>(0x7fffu) + ((bits >> vec4<u32>(16u)) & vec4<u32>(1u))) >> vec4<u32>(16u);
  let brain = select(rounded, (bits >> vec4<u32>(16u)) | vec4<u32>(0x40u), nan);
  return vec2<u32>(brain.x | (brain.y << 16u), brain.z | (brain.w << 16u));
}`,
  },
} as const satisfies Record<string, Helper>;

export type HelperName = keyof typeof helpers;

/** A helper applied to each of four lanes; `arity` arguments. */
export function fourLanes(name: string, arity: number): string {
  const parameters = ['a', 'b', 'c'].slice(0, arity);
  const lanes = ['x', 'y', 'z', 'w'].map((lane) => `${name}(${parameters.map((p) => `${p}.${lane}`).join(', ')})`);
  const declared = parameters.map((p) => `${p}: vec4<f32>`).join(', ');
  return `
fn ${name}4(${declared}) -> vec4<f32> {
  return vec4<f32>(${lanes.join(', ')});
}`;
}
