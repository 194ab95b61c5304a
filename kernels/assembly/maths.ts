/**
 * Vector maths and conversions, in AssemblyScript: the functions that printed kernels call.
 *
 * Every function of f32 is written once, for four lanes, without branches; its form for one number is the same code on four
 * equal lanes, so both give the same bits. Polynomials are minimax fits (Remez), errors in units in the last place over the
 * whole range are in test/assembly/maths.test.ts. NaN comes out as NaN.
 */
import type { AssemblyTarget } from '../ir.ts';

/** Functions of one argument, in the words of their bodies; `x` is the argument. */
const functions: Readonly<Record<string, { readonly comment: string; readonly body: string }>> = {
  exp: {
    comment: `\
e^x = 2^n · e^r with n = ⌊x / ln 2⌉, |r| ≤ ln 2 / 2. Adding 1.5 · 2²³ rounds to a whole number and leaves n + 126 in the low
bits, whence the exponent of 2^(n − 1); the last factor 2 is in the polynomial. Below 1.7e-38 it is 0, above the largest f32 it is ∞.`,
    body: `\
const y = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-87.6)), f32x4.splat(88.9));
const rounded = madd(y, f32x4.splat(1.44269504), f32x4.splat(12583038));
const n = f32x4.sub(rounded, f32x4.splat(12583038));
const r = nmadd(n, f32x4.splat(-2.12194440e-4), nmadd(n, f32x4.splat(0.693359375), y));
let p = madd(r, f32x4.splat(0.00276262843), f32x4.splat(0.0167388376));
p = madd(r, p, f32x4.splat(0.083336913639));
p = madd(r, p, f32x4.splat(0.333330295838));
p = madd(r, p, f32x4.splat(0.999999861014));
p = madd(f32x4.mul(r, r), p, f32x4.add(r, r));
return f32x4.mul(f32x4.add(p, f32x4.splat(2)), i32x4.shl(rounded, 23));`,
  },
  log: {
    comment: `\
log x = n · ln 2 + log m with m in [√½, √2). Subnormal numbers are scaled up first; log 0 = −∞, below that NaN.`,
    body: `\
const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
const bits = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
const moved = i32x4.sub(bits, i32x4.splat(0x3f3504f3));
const exponent = f32x4.convert_i32x4_s(i32x4.shr_s(moved, 23));
const n = f32x4.sub(exponent, v128.and(tiny, f32x4.splat(23)));
const f = f32x4.sub(i32x4.add(v128.and(moved, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3)), f32x4.splat(1));
let p = madd(f, f32x4.splat(-0.0763398977414), f32x4.splat(0.127808890092));
p = madd(f, p, f32x4.splat(-0.131693235746));
p = madd(f, p, f32x4.splat(0.141997968552));
p = madd(f, p, f32x4.splat(-0.16622284515));
p = madd(f, p, f32x4.splat(0.200012724347));
p = madd(f, p, f32x4.splat(-0.250008500502));
p = madd(f, p, f32x4.splat(0.333333315765));
const square = f32x4.mul(f, f);
p = madd(f32x4.mul(square, f), p, madd(square, f32x4.splat(-0.5), f32x4.mul(n, f32x4.splat(-2.12194440e-4))));
const finite = madd(n, f32x4.splat(0.693359375), f32x4.add(f, p));
const inside = v128.and(f32x4.gt(x, f32x4.splat(0)), f32x4.lt(x, f32x4.splat(Infinity)));
const edge = v128.bitselect(f32x4.splat(-Infinity), f32x4.mul(x, f32x4.sqrt(x)), f32x4.eq(x, f32x4.splat(0)));
return v128.bitselect(finite, edge, inside);`,
  },
  tanh: {
    comment: `\
tanh x = e / (e + 2) with e = e^2x − 1, whose n and r are as in exp: 2^n · (e^r − 1) + (2^n − 1) loses nothing near 0.
From 9.02 on it is 1.`,
    body: `\
const y = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-9.02)), f32x4.splat(9.02));
const z = f32x4.add(y, y);
const rounded = madd(z, f32x4.splat(1.44269504), f32x4.splat(12583039));
const n = f32x4.sub(rounded, f32x4.splat(12583039));
const power = i32x4.shl(rounded, 23);
const r = nmadd(n, f32x4.splat(-2.12194440e-4), nmadd(n, f32x4.splat(0.693359375), z));
let p = madd(r, f32x4.splat(0.00138131422), f32x4.splat(0.00836941880));
p = madd(r, p, f32x4.splat(0.0416684568));
p = madd(r, p, f32x4.splat(0.166665147919));
p = madd(r, p, f32x4.splat(0.499999930507));
p = madd(f32x4.mul(r, r), p, r);
const e = madd(power, p, f32x4.sub(power, f32x4.splat(1)));
return f32x4.div(e, f32x4.add(e, f32x4.splat(2)));`,
  },
  sigmoid: {
    comment: '1 / (1 + e^−x).',
    body: `\
const one = f32x4.splat(1);
return f32x4.div(one, f32x4.add(one, exp_f32x4(f32x4.neg(x))));`,
  },
  erf: {
    comment: `\
x · P(x²) / Q(x²) up to 3.9, where it is 1. All coefficients are positive: nothing cancels.`,
    body: `\
const y = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-3.9)), f32x4.splat(3.9));
const t = f32x4.mul(y, y);
let p = madd(t, f32x4.splat(2.06647703e-6), f32x4.splat(2.850624523e-4));
let q = madd(t, f32x4.splat(3.827007375e-5), f32x4.splat(0.001157376488));
p = madd(t, p, f32x4.splat(0.003738345075));
q = madd(t, q, f32x4.splat(0.01491427402));
p = madd(t, p, f32x4.splat(0.05266807841));
q = madd(t, q, f32x4.splat(0.1138189372));
p = madd(t, p, f32x4.splat(0.1896667657));
q = madd(t, q, f32x4.splat(0.5014205762));
p = madd(t, p, f32x4.splat(1.128379148));
q = madd(t, q, f32x4.splat(1));
return f32x4.div(f32x4.mul(y, p), q);`,
  },
  sin: {
    comment: 'Reduced by quarter turns (turned), then one of two polynomials.',
    body: 'return turned_f32x4(x, 0);',
  },
  cos: {
    comment: 'sin a quarter turn on.',
    body: 'return turned_f32x4(x, 1);',
  },
};

/** sin(x + quarters · π / 2). */
const turned = `\
/**
 * sin(x + quarters · π/2), by Cody and Waite: π/2 is taken off n times in four parts of few bits each, so that every product
 * is exact. Good to 2 units in the last place of 1 up to |x| = 25,000, where n outgrows the bits that the parts leave.
 */
@inline
function turned_f32x4(x: v128, quarters: i32): v128 {
  const rounded = madd(x, f32x4.splat(0.636619772), f32x4.splat(12582912));
  const n = f32x4.sub(rounded, f32x4.splat(12582912));
  let r = nmadd(n, f32x4.splat(PART_1), x);
  r = nmadd(n, f32x4.splat(PART_2), r);
  r = nmadd(n, f32x4.splat(PART_3), r);
  r = nmadd(n, f32x4.splat(PART_4), r);
  const t = f32x4.mul(r, r);
  let s = madd(t, f32x4.splat(-0.000194972711539), f32x4.splat(0.00833205142975));
  s = madd(t, s, f32x4.splat(-0.166666539431));
  s = madd(f32x4.mul(t, r), s, r);
  let c = madd(t, f32x4.splat(2.44571276394e-5), f32x4.splat(-0.00138876047315));
  c = madd(t, c, f32x4.splat(0.0416666539188));
  c = madd(f32x4.mul(t, t), c, madd(t, f32x4.splat(-0.5), f32x4.splat(1)));
  const quarter = i32x4.add(rounded, i32x4.splat(quarters));
  const size = v128.bitselect(c, s, i32x4.shr_s(i32x4.shl(quarter, 31), 31));
  return v128.xor(size, i32x4.shl(i32x4.shr_u(quarter, 1), 31));
}`;

/** π/2 in parts of 10, 10 and 10 bits and what is left of it in float64 rounded to f32. */
function partsOfQuarterTurn(): number[] {
  const parts: number[] = [];
  let rest = Math.PI / 2;
  for (let part = 0; part < 3; part++) {
    const unit = 2 ** (Math.floor(Math.log2(rest)) - 9);
    parts.push(Math.floor(rest / unit) * unit);
    rest -= parts[part]!;
  }
  return [...parts, Math.fround(rest)];
}

/** Loads and stores of 16-bit floats, with rounding to nearest, ties to even. */
const conversions: Readonly<Record<string, string>> = {
  bf16_to_f32x4: `\
/** bf16, in the low halves of four lanes, is the upper half of an f32. */
@inline
function bf16_to_f32x4(x: v128): v128 {
  return i32x4.shl(x, 16);
}`,
  f16_to_f32x4: `\
/** Exponent and fraction moved into place, then scaled by 2¹¹²: subnormal numbers come out right; what was ∞ or NaN is mended. */
@inline
function f16_to_f32x4(x: v128): v128 {
  const size = f32x4.mul(i32x4.shr_u(i32x4.shl(x, 17), 4), f32x4.splat(5.192296858534828e33));
  const special = i32x4.shl(i32x4.shr_u(f32x4.ge(size, f32x4.splat(65536)), 24), 23);
  return v128.or(v128.or(size, special), i32x4.shl(i32x4.shr_u(x, 15), 31));
}`,
  f32x4_to_bf16: `\
/** Four bf16 in the low 64 bits. Adding half a unit, or just below it where the kept part is even, carries where it should. */
@inline
function f32x4_to_bf16(x: v128): v128 {
  const odd = i32x4.shr_u(i32x4.shl(x, 15), 31);
  const rounded = i32x4.shr_u(i32x4.add(i32x4.add(x, i32x4.splat(0x7fff)), odd), 16);
  const kept = v128.bitselect(rounded, i32x4.splat(0x7fc0), f32x4.eq(x, x));
  return i16x8.narrow_i32x4_u(kept, kept);
}`,
  f32x4_to_f16: `\
/** Four f16 in the low 64 bits. Below 2⁻¹⁴, adding 0.5 makes the f32 unit round to that of a subnormal f16. */
@inline
function f32x4_to_f16(x: v128): v128 {
  const size = v128.and(x, i32x4.splat(0x7fffffff));
  const odd = i32x4.shr_u(i32x4.shl(size, 18), 31);
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(size, i32x4.splat(-0x37fff001)), odd), 13);
  const small = i32x4.sub(f32x4.add(size, f32x4.splat(0.5)), i32x4.splat(0x3f000000));
  const finite = v128.bitselect(small, normal, i32x4.lt_s(size, i32x4.splat(0x38800000)));
  const special = v128.bitselect(i32x4.splat(0x7c00), i32x4.splat(0x7e00), f32x4.eq(x, x));
  const kept = v128.bitselect(finite, special, i32x4.lt_s(size, i32x4.splat(0x47800000)));
  const signed = v128.or(kept, i32x4.shl(i32x4.shr_u(x, 31), 15));
  return i16x8.narrow_i32x4_u(signed, signed);
}`,
};

const lanes: Readonly<Record<string, string>> = {
  lanes_f32: `\
@inline
function lanes_f32(a: f32, b: f32, c: f32, d: f32): v128 {
  return f32x4.replace_lane(f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(a), 1, b), 2, c), 3, d);
}`,
  lanes_i32: `\
@inline
function lanes_i32(a: i32, b: i32, c: i32, d: i32): v128 {
  return i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(a), 1, b), 2, c), 3, d);
}`,
  sum_f32x4: `\
@inline
function sum_f32x4(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}`,
  rank_f32: `\
/** A number's place among all f32 in ascending order. */
function rank_f32(x: f32): u32 {
  const bits = reinterpret<i32>(x);
  return bits ^ (bits >> 31 | i32.MIN_VALUE);
}`,
  f32_of_rank: `\
function f32_of_rank(rank: u32): f32 {
  const bits: i32 = rank;
  return reinterpret<f32>(bits ^ (~bits >> 31 | i32.MIN_VALUE));
}`,
  max_f32x4: `\
@inline
function max_f32x4(x: v128): f32 {
  return max<f32>(
    max<f32>(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max<f32>(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}`,
};

/** c + a · b and c − a · b, in one operation where the target has it. */
function multiplyAdds({ simd }: AssemblyTarget): Record<string, string> {
  const [madd, nmadd] =
    simd === 'baseline'
      ? ['f32x4.add(f32x4.mul(a, b), c)', 'f32x4.sub(c, f32x4.mul(a, b))']
      : ['v128.relaxed_madd<f32>(a, b, c)', 'v128.relaxed_nmadd<f32>(a, b, c)'];
  const print = (name: string, body: string): string =>
    `@inline\nfunction ${name}(a: v128, b: v128, c: v128): v128 {\n  return ${body};\n}`;
  return { madd: print('madd', madd!), nmadd: print('nmadd', nmadd!) };
}

const comment = (text: string): string => {
  const lines = text.split('\n');
  return lines.length === 1 ? `/** ${text} */` : ['/**', ...lines.map((line) => ` * ${line}`), ' */'].join('\n');
};

/** A function's forms for four lanes and for one number. */
function bothForms(name: string): Record<string, string> {
  const { comment: words, body } = functions[name]!;
  const lines = body.split('\n').map((line) => `  ${line}`);
  return {
    [`${name}_f32x4`]: [comment(words), '@inline', `function ${name}_f32x4(x: v128): v128 {`, ...lines, '}'].join('\n'),
    [`${name}_f32`]: `function ${name}_f32(x: f32): f32 {\n  return f32x4.extract_lane(${name}_f32x4(f32x4.splat(x)), 0);\n}`,
  };
}

/** The conversions of one element, from those of four. */
function singleConversions(type: 'f16' | 'bf16'): Record<string, string> {
  return {
    [`${type}_to_f32`]: `function ${type}_to_f32(x: u16): f32 {\n  return f32x4.extract_lane(${type}_to_f32x4(i32x4.splat(x)), 0);\n}`,
    [`f32_to_${type}`]: `function f32_to_${type}(x: f32): u16 {\n  return <u16>i16x8.extract_lane_u(f32x4_to_${type}(f32x4.splat(x)), 0);\n}`,
  };
}

/** Source text of every function here, its comment included, by the function's name; what a function calls comes before it. */
export function mathsFunctions(target: AssemblyTarget): ReadonlyMap<string, string> {
  const parts = partsOfQuarterTurn();
  const all: Record<string, string> = {
    ...multiplyAdds(target),
    turned_f32x4: turned.replace(/PART_(\d)/g, (_, part) => `${parts[Number(part) - 1]}`),
    ...conversions,
    ...singleConversions('bf16'),
    ...singleConversions('f16'),
    ...lanes,
  };
  for (const name of Object.keys(functions)) Object.assign(all, bothForms(name));
  return new Map(Object.entries(all));
}
