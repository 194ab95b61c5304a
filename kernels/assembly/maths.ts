/**
 * Vector maths and conversions, in AssemblyScript: the functions that printed kernels call.
 *
 * Every function of f32 is written once, for four lanes, without branches; its form for one number is the same code on four
 * equal lanes, so both give the same bits. Polynomials are minimax fits (Remez), errors in units in the last place over the
 * whole range are in test/assembly/maths.test.ts. NaN comes out as NaN.
 */
import type { AssemblyTarget } from '../ir.ts';

/** A number, or an i32 by its bits. */
type VectorConstant = number | { readonly bits: number };

interface MathsFunction {
  readonly comment: string;
  /** By the names that the body uses. */
  readonly constants: Readonly<Record<string, VectorConstant>>;
  /** The argument is `x`. */
  readonly body: string;
}

const expConstants = {
  low: -87.6,
  high: 88.9,
  log2e: Math.LOG2E,
  rounder: 12583038,
  ln2High: 0.693359375,
  ln2Low: -2.1219444e-4,
  e6: 0.00276262843,
  e5: 0.0167388376,
  e4: 0.083336913639,
  e3: 0.333330295838,
  e2: 0.999999861014,
  two: 2,
};

const turnedConstants = {
  quartersPerUnit: 2 / Math.PI,
  rounder: 12582912,
  ...Object.fromEntries(partsOfQuarterTurn().map((part, i) => [`part${i + 1}`, part])),
  s7: -0.000194972711539,
  s5: 0.00833205142975,
  s3: -0.166666539431,
  c8: 2.44571276394e-5,
  c6: -0.00138876047315,
  c4: 0.0416666539188,
  c2: -0.5,
  one: 1,
};

/** sin(x + quarters · π / 2). */
const turned = (quarters: 0 | 1): MathsFunction => ({
  comment: `\
${quarters ? 'cos x = sin(x + π/2)' : 'sin x'}, by Cody and Waite: π/2 is taken off n times in four parts of few bits each, so that every product is
exact. Good to 2 units in the last place of 1 up to |x| = 25,000, where n outgrows the bits that the parts leave.`,
  constants: turnedConstants,
  body: `\
const rounded = madd(x, quartersPerUnit, rounder);
const n = f32x4.sub(rounded, rounder);
const r = nmadd(n, part4, nmadd(n, part3, nmadd(n, part2, nmadd(n, part1, x))));
const t = f32x4.mul(r, r);
const s = madd(f32x4.mul(t, r), madd(t, madd(t, s7, s5), s3), r);
const c = madd(f32x4.mul(t, t), madd(t, madd(t, c8, c6), c4), madd(t, c2, one));
const quarter = ${quarters ? 'i32x4.add(rounded, i32x4.splat(1))' : 'rounded'};
const size = v128.bitselect(c, s, i32x4.shr_s(i32x4.shl(quarter, 31), 31));
return v128.xor(size, i32x4.shl(i32x4.shr_u(quarter, 1), 31));`,
});

const functions: Readonly<Record<string, MathsFunction>> = {
  exp: {
    comment: `\
e^x = 2^n · e^r with n = ⌊x / ln 2⌉, |r| ≤ ln 2 / 2. Adding 1.5 · 2²³ + 126 rounds to a whole number and leaves n + 126 in the low
bits, whence the exponent of 2^(n − 1); the last factor 2 is in the polynomial. Below 1.7e-38 it is 0, above the largest f32 it is ∞.`,
    constants: expConstants,
    body: `\
const y = f32x4.pmin(f32x4.pmax(x, low), high);
const rounded = madd(y, log2e, rounder);
const n = f32x4.sub(rounded, rounder);
const r = nmadd(n, ln2Low, nmadd(n, ln2High, y));
const p = madd(r, madd(r, madd(r, madd(r, e6, e5), e4), e3), e2);
return f32x4.mul(f32x4.add(madd(f32x4.mul(r, r), p, f32x4.add(r, r)), two), i32x4.shl(rounded, 23));`,
  },
  log: {
    comment: `\
log x = n · ln 2 + log m with m in [√½, √2). Subnormal numbers are scaled up first; log 0 = −∞, below that NaN.`,
    constants: {
      least: 1.17549435e-38,
      scale: 8388608,
      scaleLog2: 23,
      sqrtHalf: { bits: 0x3f3504f3 },
      fraction: { bits: 0x007fffff },
      one: 1,
      l10: -0.0763398977414,
      l9: 0.127808890092,
      l8: -0.131693235746,
      l7: 0.141997968552,
      l6: -0.16622284515,
      l5: 0.200012724347,
      l4: -0.250008500502,
      l3: 0.333333315765,
      l2: -0.5,
      ln2High: 0.693359375,
      ln2Low: -2.1219444e-4,
      infinity: Number.POSITIVE_INFINITY,
    },
    body: `\
const tiny = f32x4.lt(x, least);
const bits = v128.bitselect(f32x4.mul(x, scale), x, tiny);
const moved = i32x4.sub(bits, sqrtHalf);
const n = f32x4.sub(f32x4.convert_i32x4_s(i32x4.shr_s(moved, 23)), v128.and(tiny, scaleLog2));
const f = f32x4.sub(i32x4.add(v128.and(moved, fraction), sqrtHalf), one);
const upper = madd(f, madd(f, madd(f, madd(f, l10, l9), l8), l7), l6);
const p = madd(f, madd(f, madd(f, upper, l5), l4), l3);
const square = f32x4.mul(f, f);
const small = madd(f32x4.mul(square, f), p, madd(square, l2, f32x4.mul(n, ln2Low)));
const finite = madd(n, ln2High, f32x4.add(f, small));
const inside = v128.and(f32x4.gt(x, f32x4.splat(0)), f32x4.lt(x, infinity));
const edge = v128.bitselect(f32x4.neg(infinity), f32x4.mul(x, f32x4.sqrt(x)), f32x4.eq(x, f32x4.splat(0)));
return v128.bitselect(finite, edge, inside);`,
  },
  tanh: {
    comment: `\
tanh x = e / (e + 2) with e = e^2x − 1, whose n and r are as in exp: 2^n · (e^r − 1) + (2^n − 1) loses nothing near 0.
From 9.02 on it is 1.`,
    constants: {
      low: -9.02,
      high: 9.02,
      log2e: Math.LOG2E,
      rounder: 12583039,
      ln2High: 0.693359375,
      ln2Low: -2.1219444e-4,
      e6: 0.00138131422,
      e5: 0.0083694188,
      e4: 0.0416684568,
      e3: 0.166665147919,
      e2: 0.499999930507,
      one: 1,
      two: 2,
    },
    body: `\
const y = f32x4.pmin(f32x4.pmax(x, low), high);
const z = f32x4.add(y, y);
const rounded = madd(z, log2e, rounder);
const n = f32x4.sub(rounded, rounder);
const power = i32x4.shl(rounded, 23);
const r = nmadd(n, ln2Low, nmadd(n, ln2High, z));
const p = madd(r, madd(r, madd(r, madd(r, e6, e5), e4), e3), e2);
const e = madd(power, madd(f32x4.mul(r, r), p, r), f32x4.sub(power, one));
return f32x4.div(e, f32x4.add(e, two));`,
  },
  sigmoid: {
    comment: '1 / (1 + e^−x).',
    constants: { ...expConstants, one: 1 },
    body: `return f32x4.div(one, f32x4.add(one, exp_lanes(f32x4.neg(x), ${Object.keys(expConstants).join(', ')})));`,
  },
  erf: {
    comment:
      'x · P(x²) / Q(x²) up to 3.9, where it is 1. All coefficients are positive: nothing cancels. Never beyond 1.',
    constants: {
      low: -3.9,
      high: 3.9,
      p5: 2.06647703e-6,
      p4: 2.850624523e-4,
      p3: 0.003738345075,
      p2: 0.05266807841,
      p1: 0.1896667657,
      p0: 1.128379148,
      q5: 3.827007375e-5,
      q4: 0.001157376488,
      q3: 0.01491427402,
      q2: 0.1138189372,
      q1: 0.5014205762,
      q0: 1,
    },
    body: `\
const y = f32x4.pmin(f32x4.pmax(x, low), high);
const t = f32x4.mul(y, y);
const p = madd(t, madd(t, madd(t, madd(t, madd(t, p5, p4), p3), p2), p1), p0);
const q = madd(t, madd(t, madd(t, madd(t, madd(t, q5, q4), q3), q2), q1), q0);
return f32x4.pmin(f32x4.pmax(f32x4.div(f32x4.mul(y, p), q), f32x4.neg(q0)), q0);`,
  },
  sin: turned(0),
  cos: turned(1),
};

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

/** `f32x4.splat(0.5)`. */
function literal(constant: VectorConstant): string {
  return typeof constant === 'number' ? `f32x4.splat(${constant})` : `i32x4.splat(${constant.bits})`;
}

/**
 * A constant for a local at a function's top. As a literal, V8 builds a vector anew at every use, which takes longer than
 * the polynomials themselves; `zero`, which is 0, keeps the compilers from seeing that it is one.
 */
const kept = `\
@inline
function kept(value: f32, zero: i32): v128 {
  return f32x4.splat(reinterpret<f32>(reinterpret<i32>(value) | zero));
}`;

/** A function's forms: for four lanes with its constants as arguments, with literal ones, and for one number. */
function formsOf(name: string): Record<string, string> {
  const { comment: words, constants, body } = functions[name]!;
  const lines = body.split('\n').map((line) => `  ${line}`);
  const parameters = ['x', ...Object.keys(constants)].map((parameter) => `${parameter}: v128`).join(', ');
  const literals = ['x', ...Object.values(constants).map(literal)].join(', ');
  return {
    [`${name}_lanes`]: [comment(words), '@inline', `function ${name}_lanes(${parameters}): v128 {`, ...lines, '}'].join(
      '\n',
    ),
    [`${name}_f32x4`]: `@inline\nfunction ${name}_f32x4(x: v128): v128 {\n  return ${name}_lanes(${literals});\n}`,
    [`${name}_f32`]: `function ${name}_f32(x: f32): f32 {\n  return f32x4.extract_lane(${name}_f32x4(f32x4.splat(x)), 0);\n}`,
  };
}

/** The constants that a function's form with arguments takes, in order, as f32. */
export function mathsConstants(name: string): number[] {
  const { constants } = functions[name]!;
  return Object.values(constants).map((constant) =>
    typeof constant === 'number' ? constant : new Float32Array(Int32Array.of(constant.bits).buffer)[0]!,
  );
}

/** Source text of every function here, its comment included, by the function's name; what a function calls comes before it. */
export function mathsFunctions(target: AssemblyTarget): ReadonlyMap<string, string> {
  const all: Record<string, string> = {
    ...multiplyAdds(target),
    kept,
  };
  for (const name of Object.keys(functions)) Object.assign(all, formsOf(name));
  return new Map(Object.entries(all));
}
