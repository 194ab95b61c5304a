import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type FunctionName, scalarFunction } from '../../dsl/functions.ts';
import { helperSources } from '../../kernels/assembly/helpers.ts';
import type { AssemblyTarget } from '../../kernels/ir.ts';
import { fromBrain, fromHalf, instantiate, target, toBrain, toHalf } from '../support/assembly.ts';

const maths = suite('assembly maths');

/** Floats as integers in ascending order, so that the distance is counted in units in the last place. */
function rank(x: number): number {
  const bits = new Int32Array(Float32Array.of(x).buffer)[0]!;
  return bits < 0 ? -(bits & 0x7fffffff) : bits;
}

const fromBits = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0]!;

const same = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

/** Every `step`-th float of both signs whose size lies between the bounds, and their neighbours at powers of two. */
function floats(least: number, most: number, step: number): number[] {
  const result: number[] = [];
  for (let bits = rank(least); bits <= rank(most); bits += step) result.push(fromBits(bits), -fromBits(bits));
  return result;
}

interface Case {
  readonly name: FunctionName;
  readonly least: number;
  readonly most: number;
  /** Units in the last place of the result; of 1 where `absolute`. */
  readonly ulp: number;
  readonly absolute?: boolean;
  readonly positive?: boolean;
}

const cases: readonly Case[] = [
  { name: 'exp', least: 1e-30, most: 86.9, ulp: 1 },
  { name: 'log', least: 1e-45, most: 3.4e38, ulp: 1, positive: true },
  { name: 'tanh', least: 1e-30, most: 100, ulp: 2 },
  { name: 'sigmoid', least: 1e-30, most: 86.9, ulp: 2 },
  { name: 'erf', least: 1e-30, most: 100, ulp: 5 },
  { name: 'sin', least: 1e-30, most: 25000, ulp: 2, absolute: true },
  { name: 'cos', least: 1e-30, most: 25000, ulp: 2, absolute: true },
];

/** Applies a function to many numbers, four at a time. */
async function functions(simd: AssemblyTarget['simd']): Promise<(name: string, xs: readonly number[]) => Float32Array> {
  const names = cases.map(({ name }) => name);
  const helpers = helperSources(
    names.map((name) => `${name}_f32x4`),
    target(simd),
  );
  const loops = names.map(
    (name) =>
      `export function ${name}(from: usize, count: i32, to: usize): void {\n  for (let i = 0; i < count; i += 4) v128.store(to + 4 * i, ${name}_f32x4(v128.load(from + 4 * i)));\n}`,
  );
  const most = 1 << 20;
  const { exports, memory } = await instantiate([...helpers, ...loops].join('\n\n'), simd, most * 8 + 1024);
  return (name, xs) => {
    assert.ok(xs.length <= most, 'too many numbers');
    new Float32Array(memory.buffer).set(xs, 256);
    exports[name]!(1024, xs.length, 1024 + 4 * most);
    return new Float32Array(memory.buffer, 1024 + 4 * most, xs.length).slice();
  };
}

for (const simd of ['baseline', 'relaxed'] as const) {
  maths(`functions are right to a few units in the last place (${simd})`, async () => {
    const apply = await functions(simd);
    for (const { name, least, most, ulp, absolute, positive } of cases) {
      const xs = floats(least, most, 20011).filter((x) => !positive || x > 0);
      const ys = apply(name, xs);
      let worst = 0;
      let where = 0;
      xs.forEach((x, i) => {
        const exact = scalarFunction(name).evaluate(x, 0, 0);
        const error = absolute ? Math.abs(ys[i]! - exact) * 2 ** 24 : Math.abs(rank(ys[i]!) - rank(Math.fround(exact)));
        if (!(error <= worst)) [worst, where] = [error, x];
      });
      assert.ok(worst <= ulp, `${name}: ${worst} ulp at ${where}, of ${xs.length} numbers`);
      if (process.env.SHOW_ULP) console.log(simd, name, worst, where, xs.length);
    }
  });

  maths(`edges (${simd})`, async () => {
    const apply = await functions(simd);
    const is = (name: string, x: number, expected: number): void =>
      assert.ok(same(apply(name, [x, x, x, x])[2]!, expected), `${name}(${x})`);
    for (const { name } of cases) is(name, Number.NaN, Number.NaN);
    is('exp', Number.NEGATIVE_INFINITY, 0);
    is('exp', -200, 0);
    is('exp', 0, 1);
    is('exp', 89, Number.POSITIVE_INFINITY);
    is('exp', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    assert.ok(Number.isFinite(apply('exp', [88.72, 0, 0, 0])[0]), 'exp(88.72) is finite');
    is('log', 0, Number.NEGATIVE_INFINITY);
    is('log', -0, Number.NEGATIVE_INFINITY);
    is('log', -1, Number.NaN);
    is('log', Number.NEGATIVE_INFINITY, Number.NaN);
    is('log', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    is('log', 1, 0);
    is('tanh', Number.POSITIVE_INFINITY, 1);
    is('tanh', Number.NEGATIVE_INFINITY, -1);
    is('tanh', 0, 0);
    is('erf', 0, 0);
    const [most, least] = apply('erf', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0]);
    assert.ok(most! <= 1 && most! > 1 - 3e-7, `erf(∞) is ${most}`);
    assert.is(least, -most!);
    is('sigmoid', Number.POSITIVE_INFINITY, 1);
    is('sigmoid', Number.NEGATIVE_INFINITY, 0);
    is('sigmoid', -200, 0);
    is('sin', 0, 0);
    is('cos', 0, 1);
    is('sin', Number.POSITIVE_INFINITY, Number.NaN);
  });
}

maths('16-bit floats are read and rounded to nearest, ties to even', async () => {
  const names = ['f16', 'bf16'].flatMap((type) => [`${type}_to_f32`, `f32_to_${type}`]);
  const calls = ['f16', 'bf16'].map(
    (type) =>
      `export function read_${type}(bits: i32): f32 {\n  return ${type}_to_f32(<u16>bits);\n}\n\nexport function write_${type}(bits: i32): i32 {\n  return f32_to_${type}(reinterpret<f32>(bits));\n}`,
  );
  const { exports } = await instantiate(
    [...helperSources(names, target('baseline')), ...calls].join('\n\n'),
    'baseline',
  );
  const call = exports as unknown as Record<string, (x: number) => number>;
  for (let bits = 0; bits < 65536; bits++) {
    assert.ok(same(call.read_f16!(bits), fromHalf(bits)), `f16 ${bits.toString(16)}`);
    assert.ok(same(call.read_bf16!(bits), fromBrain(bits)), `bf16 ${bits.toString(16)}`);
  }
  for (let bits = 0; bits < 2 ** 32; bits += 65521 + (bits % 7)) {
    const x = fromBits(bits);
    assert.ok(same(fromHalf(call.write_f16!(bits | 0)), fromHalf(toHalf(x))), `${x} as f16`);
    assert.ok(same(fromBrain(call.write_bf16!(bits | 0)), fromBrain(toBrain(x))), `${x} as bf16`);
  }
  for (const [x, half] of [
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2 ** -25, 0],
    [2 ** -24, 1],
  ] as const)
    assert.is(call.write_f16!(new Int32Array(Float32Array.of(x).buffer)[0]!), half, `${x} as f16`);
});

maths.run();
