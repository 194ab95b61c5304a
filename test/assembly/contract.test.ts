import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { printAssemblyModule } from '../../kernels/assembly/module.ts';
import { target } from '../support/assembly.ts';
import {
  contractStep,
  epilogues,
  extentsOf,
  lefts,
  type Product,
  randomNumbers,
  rights,
  type Shape,
} from './contract-cases.ts';
import { builds, checkStep, randomContents } from './contract-check.ts';

const test = suite('contract in AssemblyScript');

const random = randomNumbers(1);
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;

/** Around the tiles' rows and columns and the blocks of rows, columns and depth; primes. */
const sides = [1, 2, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 31, 47, 48, 49, 95, 96, 97];
const depths = [1, 2, 3, 5, 8, 17, 64, 255, 256, 257, 767, 768, 769];

/** Points that the float64 evaluator visits, at most. */
const mostPoints = 60_000;

function randomShape(): Shape {
  for (;;) {
    const shape = { batch: pick([1, 1, 2, 3]), m: pick(sides), n: pick(sides), k: pick(depths) };
    if (shape.batch * shape.m * shape.n * shape.k <= mostPoints) return shape;
  }
}

const sizesOf = ({ batch, m, n, k }: Shape): Record<string, number> => ({ B: batch, M: m, N: n, K: k });

async function check(
  products: readonly Product[],
  shape: Shape,
  simd: (typeof builds)[number],
  options: { readonly symbolic?: (name: string) => boolean; readonly force?: string } = {},
): Promise<void> {
  const step = contractStep(products, extentsOf(shape, options.symbolic ?? (() => false)));
  const force = options.force === undefined ? {} : { force: { contract: options.force } };
  await checkStep(step, randomContents(step, sizesOf(shape), random), sizesOf(shape), { simd, ...force });
}

const names = Object.keys(epilogues);
const operands = Object.keys(lefts).flatMap((left) => Object.keys(rights).map((right) => ({ left, right })));
const plain: Product = { left: 'rows', right: 'rows', epilogue: 'bias' };

for (const simd of builds)
  for (let round = 1; round <= (simd === 'relaxed' ? 3 : 2); round++) {
    const shape = randomShape();
    const symbols = new Set(['B', 'M', 'N', 'K'].filter(() => random() < 0.5));
    test(`${simd}: all operands, round ${round}: ${JSON.stringify(shape)}, symbolic ${[...symbols].join(', ')}`, () =>
      check(
        operands.map((operand) => ({ ...operand, epilogue: pick(names) })),
        shape,
        simd,
        { symbolic: (name) => symbols.has(name) },
      ));
  }

for (const simd of builds)
  test(`${simd}: all operands, beyond a block of depth`, () =>
    check(
      operands.map((operand) => ({ ...operand, epilogue: 'plain' })),
      { batch: 1, m: 7, n: 17, k: 770 },
      simd,
    ));

for (const simd of builds)
  for (const symbolic of [false, true])
    test(`${simd}: all epilogues, ${symbolic ? 'symbolic' : 'fixed'} sizes`, () =>
      check(
        names.map((epilogue) => ({ left: 'rows', right: 'rows', epilogue })),
        { batch: 2, m: 13, n: 27, k: 40 },
        simd,
        { symbolic: () => symbolic },
      ));

const streamed = ['rows', 'columns'].flatMap((right) =>
  ['rows', 'columns', 'scaled', 'shuffled'].map((left) => ({ left, right, epilogue: 'bias' })),
);

/** Whether the body is chosen when it is printed or when it runs, at and beside the limit between them. */
const fewRowCases = [
  { m: 1, symbolic: false },
  { m: 3, symbolic: false },
  { m: 2, symbolic: true },
  { m: 3, symbolic: true },
  { m: 4, symbolic: true },
];

for (const simd of builds)
  for (const { m, symbolic } of fewRowCases)
    test(`${simd}: ${m} rows × a plain right operand, ${symbolic ? 'symbolic' : 'fixed'} sizes`, () =>
      check(streamed, { batch: 1, m, n: 203, k: 69 }, simd, { symbolic: () => symbolic }));

for (const simd of builds)
  for (const force of ['few', 'small', 'tall', 'narrow', 'blocked']) {
    // As many results as `tall` asks for, and little depth.
    const { m, k } = { few: { m: 3, k: 40 }, tall: { m: 871, k: 3 } }[force] ?? { m: 97, k: 40 };
    const shape = { batch: 1, m, n: 113, k };
    test(`${simd}: variant ${force}`, async () => {
      const step = contractStep(
        [plain],
        extentsOf(shape, () => false),
      );
      const { kernels } = printAssemblyModule(step, target(simd), { force: { contract: force } });
      assert.is(kernels[0]!.variant, force);
      await check([plain, { ...plain, right: 'columns' }], shape, simd, { force });
    });
  }

for (const simd of builds)
  test(`${simd}: several blocks of rows, columns and depth`, async () => {
    await check([plain], { batch: 1, m: 197, n: 201, k: 17 }, simd, { force: 'blocked' });
    await check([plain], { batch: 1, m: 7, n: 20, k: 1030 }, simd);
    await check([plain], { batch: 1, m: 2, n: 20, k: 4100 }, simd, { symbolic: () => true });
  });

test('a depth of 0 gives 0, no rows give nothing', async () => {
  for (const shape of [
    { batch: 1, m: 5, n: 9, k: 0 },
    { batch: 1, m: 0, n: 9, k: 4 },
    { batch: 0, m: 5, n: 9, k: 4 },
  ])
    await check([plain], shape, 'baseline', { symbolic: () => true });
});

test.run();
