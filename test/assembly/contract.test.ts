import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { printAssemblyModule } from '../../kernels/assembly/module.ts';
import type { Step } from '../../kernels/ir.ts';
import { target } from '../support/assembly.ts';
import { contractStep, epilogues, extentsOf, lefts, randomNumbers, rights, type Shape } from './contract-cases.ts';
import { builds, checkStep, randomContents } from './contract-check.ts';

const test = suite('contract in AssemblyScript');

const random = randomNumbers(1);
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;

/** Around the tiles' rows and columns, the blocks of rows, columns and depth; primes. */
const sides = [1, 2, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 31, 47, 48, 49, 95, 96, 97];
const depths = [1, 2, 3, 5, 8, 17, 64, 255, 256, 257, 511, 512, 513];

function randomShape(): Shape {
  return { batch: pick([1, 1, 2, 3]), m: pick(sides), n: pick(sides), k: pick(depths) };
}

const sizesOf = ({ batch, m, n, k }: Shape): Record<string, number> => ({ B: batch, M: m, N: n, K: k });

const caseNames = Object.keys(lefts).flatMap((left) => Object.keys(rights).map((right) => ({ left, right })));

for (const simd of builds)
  for (const { left, right } of caseNames)
    test(`${simd}: ${left} left × ${right} right`, async () => {
      const shape = randomShape();
      const extents = extentsOf(shape, () => random() < 0.5);
      const step = contractStep({ left, right, epilogue: pick(Object.keys(epilogues)), extents });
      await checkStep(step, randomContents(step, sizesOf(shape), random), sizesOf(shape), { simd });
    });

for (const simd of builds)
  for (const epilogue of Object.keys(epilogues))
    for (const symbolic of [false, true])
      test(`${simd}: ${epilogue} epilogue, ${symbolic ? 'symbolic' : 'fixed'} sizes`, async () => {
        const shape = { batch: 2, m: 13, n: 27, k: 40 };
        const step = contractStep({ left: 'rows', right: 'rows', epilogue, extents: extentsOf(shape, () => symbolic) });
        await checkStep(step, randomContents(step, sizesOf(shape), random), sizesOf(shape), { simd });
      });

for (const simd of builds)
  for (const m of [1, 2, 3, 4])
    for (const right of ['rows', 'columns'])
      for (const left of ['rows', 'columns', 'scaled'])
        test(`${simd}: ${m} rows (${left}) stream a plain right operand (${right})`, async () => {
          const shape = { batch: 1, m, n: 203, k: 261 };
          for (const symbolic of [false, true]) {
            const step = contractStep({ left, right, epilogue: 'bias', extents: extentsOf(shape, () => symbolic) });
            await checkStep(step, randomContents(step, sizesOf(shape), random), sizesOf(shape), { simd });
          }
        });

for (const simd of builds)
  for (const force of ['few', 'small', 'narrow', 'blocked'])
    test(`${simd}: variant ${force}`, async () => {
      const shape = { batch: 1, m: force === 'few' ? 3 : 97, n: 113, k: 530 };
      const step = contractStep({
        left: 'rows',
        right: 'rows',
        epilogue: 'gelu',
        extents: extentsOf(shape, () => false),
      });
      assert.is(variantOf(step, simd, force), force);
      await checkStep(step, randomContents(step, sizesOf(shape), random), sizesOf(shape), {
        simd,
        force: { contract: force },
      });
    });

function variantOf(step: Step, simd: 'baseline' | 'relaxed' | 'wide', force: string): string {
  return printAssemblyModule(step, target(simd), { force: { contract: force } }).kernels[0]!.variant;
}

for (const simd of builds)
  test(`${simd}: more rows and columns than a block, long depth`, async () => {
    const shape = { batch: 1, m: 197, n: 401, k: 1030 };
    const step = contractStep({
      left: 'rows',
      right: 'columns',
      epilogue: 'plain',
      extents: extentsOf(shape, () => true),
    });
    await checkStep(step, randomContents(step, sizesOf(shape), random), sizesOf(shape), { simd });
  });

test('a depth of 0 gives 0, no rows give nothing', async () => {
  for (const shape of [
    { batch: 1, m: 5, n: 9, k: 0 },
    { batch: 1, m: 0, n: 9, k: 4 },
    { batch: 0, m: 5, n: 9, k: 4 },
  ]) {
    const step = contractStep({ left: 'rows', right: 'rows', epilogue: 'bias', extents: extentsOf(shape, () => true) });
    await checkStep(step, randomContents(step, sizesOf(shape), random), sizesOf(shape), { simd: 'baseline' });
  }
});

test('one compiled kernel serves any number of rows', async () => {
  for (const m of [1, 3, 4, 100]) {
    const shape = { batch: 1, m, n: 64, k: 96 };
    const step = contractStep({
      left: 'rows',
      right: 'rows',
      epilogue: 'bias',
      extents: extentsOf(shape, (name) => name === 'M'),
    });
    await checkStep(step, randomContents(step, sizesOf(shape), random), sizesOf(shape), { simd: 'relaxed' });
  }
});

test.run();
