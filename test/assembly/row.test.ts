import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Extent, multiplyExtents, productOfExtents, symbol } from '../../dsl/extent.ts';
import { apply, axis, constant, loop, read, reductionValue, type Scalar, whole } from '../../dsl/scalar.ts';
import { chooseAssemblyVariant, printAssemblyModule } from '../../kernels/assembly/module.ts';
import type { Reduction, RowKernel, Write } from '../../kernels/ir.ts';
import { type RunOptions, runPrinted, target } from '../support/assembly.ts';
import { buffer, noise, on, step } from '../support/build-step.ts';
import { agrees } from '../support/compare.ts';

const rows = suite('assembly row');

const [R, L] = ['R', 'L'].map(symbol) as [Extent, Extent];
const [row, along] = [axis('row', R), axis('along', L)];
const symbols = ['R', 'L'];
const [r0, r1, r2] = [reductionValue(0), reductionValue(1), reductionValue(2)];

const ways: readonly RunOptions[] = [
  { simd: 'baseline' },
  { simd: 'relaxed', force: { row: 'along' } },
  { simd: 'wide' },
  { simd: 'baseline', force: { row: 'scalar' } },
];

const shapes = [
  { R: 1, L: 1 },
  { R: 5, L: 3 },
  { R: 16, L: 4 },
  { R: 3, L: 17 },
  { R: 33, L: 197 },
  { R: 2, L: 10007 },
  { R: 4100, L: 2 },
];

const rowMajor = on('add', on('mul', row, whole(L)), along);
const columnMajor = on('add', on('mul', along, whole(R)), row);
const inverse = on('div', 1, apply('toFloat', whole(L)));

const kernel = (name: string, reductions: readonly Reduction[], ...writes: readonly Write[]): RowKernel => ({
  kind: 'row',
  name,
  comment: [name],
  row,
  along,
  reductions,
  writes,
});
const sum = (value: Scalar): Reduction => ({ reduce: 'sum', value });
const max = (value: Scalar): Reduction => ({ reduce: 'max', value });
const write = (to: string, offset: Scalar, value: Scalar): Write => ({ buffer: to, offset, value });

/** Layer norm of what lies at `offset`. */
function layerNorm(name: string, offset: Scalar, to: string): RowKernel {
  const x = read('x', offset);
  const centred = on('sub', x, on('mul', r0, inverse));
  const scale = on('rsqrt', on('add', on('mul', r1, inverse), 1e-5));
  const result = on('add', on('mul', on('mul', centred, scale), read('gain', along)), read('bias', along));
  return kernel(name, [sum(x), sum(on('mul', centred, centred))], write(to, offset, result));
}

function softmax(name: string, x: Scalar, offset: Scalar, to: string): RowKernel {
  const power = on('exp', on('sub', x, r0));
  return kernel(name, [max(x), sum(power)], write(to, offset, on('div', power, r1)));
}

const size = multiplyExtents(R, L);
const count = (sizes: { R: number; L: number }): number => sizes.R * sizes.L;

rows('layer norm and softmax, of rows and of columns', async () => {
  const scaled = on('mul', read('x', rowMajor), 3);
  const built = step(
    [
      buffer('x', 'input', size),
      buffer('gain', 'parameter', L),
      buffer('bias', 'parameter', L),
      ...['a', 'b', 'c', 'd'].map((name) => buffer(name, 'output', size)),
    ],
    [
      layerNorm('norm', rowMajor, 'a'),
      layerNorm('normColumns', columnMajor, 'b'),
      softmax('softmax', scaled, rowMajor, 'c'),
      softmax('softmaxColumns', read('x', columnMajor), columnMajor, 'd'),
    ],
    symbols,
  );
  for (const way of ways)
    for (const sizes of shapes)
      await agrees(
        built,
        { x: noise(count(sizes), 2), gain: noise(sizes.L, 1, 2), bias: noise(sizes.L, 1, 3) },
        sizes,
        way,
      );
});

rows('in place, and results of 16 bits', async () => {
  const built = step(
    [
      buffer('x', 'state', size),
      buffer('gain', 'parameter', L),
      buffer('bias', 'parameter', L),
      buffer('h', 'output', size, 'f16'),
      buffer('b', 'output', size, 'bf16'),
    ],
    [
      softmax('half', read('x', rowMajor), rowMajor, 'h'),
      softmax('brain', read('x', rowMajor), rowMajor, 'b'),
      softmax('softmax', read('x', rowMajor), rowMajor, 'x'),
      layerNorm('norm', rowMajor, 'x'),
    ],
    symbols,
  );
  for (const way of ways.slice(0, 3))
    for (const sizes of shapes.slice(0, 5))
      await agrees(
        built,
        { x: noise(count(sizes), 2), gain: noise(sizes.L, 1, 2), bias: noise(sizes.L, 1, 3) },
        sizes,
        way,
      );
});

rows('softmax leaves its powers in the result and reads them there', () => {
  const built = step(
    [buffer('x', 'input', size), buffer('c', 'output', size)],
    [softmax('softmax', read('x', rowMajor), rowMajor, 'c')],
    symbols,
  );
  const { source } = printAssemblyModule(built, target('baseline'));
  const passes = source.slice(source.indexOf('export function softmax')).split('let along');
  assert.is(passes.length, 4, 'three passes');
  assert.ok(passes[2]!.includes('exp_lanes'), 'the second raises');
  assert.not(passes[3]!.includes('exp_lanes'), 'the third does not');
});

rows('nothing is left in a result that may share its memory with what is read later', async () => {
  const x = read('x', rowMajor);
  const power = on('exp', on('sub', x, r0));
  const residual = (to: string): RowKernel =>
    kernel('residual', [max(x), sum(power)], write(to, rowMajor, on('add', on('div', power, r1), x)));
  for (const [role, to] of [
    ['input', 'y'],
    ['state', 'x'],
  ] as const) {
    const built = step([buffer('x', role, size), buffer('y', 'output', size)], [residual(to)], symbols);
    const { source } = printAssemblyModule(built, target('baseline'));
    assert.is(
      source.slice(source.indexOf('export function residual')).split('v128.store(').length,
      6,
      'stored at the end alone',
    );
    await agrees(built, { x: noise(5 * 37) }, { R: 5, L: 37 });
  }
});

rows('cross-entropy: a masked softmax, a gather, and what is written once a row', async () => {
  const x = read('x', rowMajor);
  const masked = apply('where', on('less', along, read('length', row, 'i32')), x, constant(Number.NEGATIVE_INFINITY));
  const power = on('exp', on('sub', masked, r0));
  const chosen = read('x', on('add', on('mul', row, whole(L)), read('label', row, 'i32')));
  const loss = on('sub', on('add', on('log', r1), r0), chosen);
  const hit = apply('toFloat', on('equal', along, read('label', row, 'i32')));
  const gradient = on('sub', on('div', power, r1), hit);
  const built = step(
    [
      buffer('x', 'input', size),
      buffer('length', 'input', R, 'i32'),
      buffer('label', 'input', R, 'i32'),
      buffer('loss', 'output', R),
      buffer('gradient', 'output', size),
      buffer('largest', 'output', R, 'bf16'),
    ],
    [
      kernel(
        'loss',
        [max(masked), sum(power)],
        write('loss', row, loss),
        write('gradient', rowMajor, gradient),
        write('largest', row, r0),
      ),
    ],
    symbols,
  );
  for (const way of ways) {
    for (const sizes of shapes) {
      const length = noise(sizes.R, sizes.L, 3).map((v) => 1 + Math.floor(Math.abs(v) * 0.999));
      const label = length.map((n, i) => i % n);
      await agrees(built, { x: noise(count(sizes), 5), length, label }, sizes, way);
    }
  }
});

rows('sums and maxima: several in a pass, over columns, over the middle of a shape, of wholes', async () => {
  const [x, y] = [read('x', rowMajor), read('x', columnMajor)];
  // row = outer · 3 + inner of a tensor [outer, along, inner].
  const [outer, inner] = [on('quotient', row, 3), on('remainder', row, 3)];
  const middle = read('m', on('add', on('mul', on('add', on('mul', outer, whole(L)), along), 3), inner));
  const middleRow = { ...axis('row', multiplyExtents(R, 3)) };
  const built = step(
    [
      buffer('x', 'input', size),
      buffer('m', 'input', productOfExtents([R, L, 3])),
      buffer('n', 'input', L, 'i32'),
      ...['a', 'b', 'c', 'd', 'e', 'g'].map((name) => buffer(name, 'output', R)),
      buffer('f', 'output', multiplyExtents(R, 3)),
    ],
    [
      kernel(
        'moments',
        [sum(x), sum(on('mul', x, x)), max(on('abs', x))],
        write('a', row, on('add', r0, r1)),
        write('b', row, r2),
      ),
      kernel('columns', [sum(y), max(y)], write('c', row, r0), write('d', row, on('sub', r1, r0))),
      kernel(
        'wholes',
        [sum(apply('toFloat', read('n', along, 'i32')))],
        write('e', row, on('add', r0, apply('toFloat', row))),
      ),
      kernel('nested', [max(x), sum(on('sub', x, r0)), sum(on('mul', on('sub', x, r0), r1))], write('g', row, r2)),
      { ...kernel('middle', [sum(middle)], write('f', middleRow, on('mul', r0, inverse))), row: middleRow },
    ],
    symbols,
  );
  for (const way of ways) {
    for (const sizes of shapes) {
      const contents = {
        x: noise(count(sizes), 2),
        m: noise(count(sizes) * 3, 2, 2),
        n: noise(sizes.L, 9, 3).map(Math.round),
      };
      await agrees(built, contents, sizes, way);
    }
  }
});

rows('a mean over tokens runs across, four lanes of neighbouring columns', async () => {
  const [B, W] = [4, 768];
  const wide = axis('row', B * W);
  const [b, w] = [on('quotient', wide, W), on('remainder', wide, W)];
  const x = read('x', on('add', on('mul', on('add', on('mul', b, whole(L)), along), W), w));
  const mean: RowKernel = { ...kernel('mean', [sum(x)], write('y', wide, on('mul', r0, inverse))), row: wide };
  const built = step([buffer('x', 'input', multiplyExtents(L, B * W)), buffer('y', 'output', B * W)], [mean], symbols);
  assert.is(chooseAssemblyVariant(mean, { step: built, target: target('relaxed') }).name, 'across');
  for (const way of ways)
    for (const length of [1, 49, 65]) await agrees(built, { x: noise(B * W * length) }, { R: 1, L: length }, way);
});

rows('conditions along the row never make it read beyond a buffer', async () => {
  const [a, b] = [
    read('a', on('add', on('mul', row, 5), along)),
    read('b', on('add', on('mul', row, whole(L)), on('sub', along, 5))),
  ];
  const joined = apply('where', on('less', along, 5), a, b);
  const built = step(
    [
      buffer('a', 'input', multiplyExtents(R, 5)),
      buffer('b', 'input', size),
      buffer('y', 'output', size),
      buffer('total', 'output', R),
    ],
    [
      kernel(
        'joined',
        [sum(on('mul', joined, joined))],
        write('y', rowMajor, on('div', joined, on('sqrt', r0))),
        write('total', row, r0),
      ),
    ],
    symbols,
  );
  for (const way of ways)
    for (const sizes of shapes.slice(1, 6))
      for (const last of ['a', 'b'])
        await agrees(built, { a: noise(sizes.R * 5), b: noise(count(sizes), 1, 2) }, sizes, { ...way, last });
});

rows('loops within rows, counted by data element by element', async () => {
  const k = axis('k', 8);
  const some = loop('sum', k, read('n', along, 'i32'), on('mul', read('x', rowMajor), apply('toFloat', k)));
  const built = step(
    [buffer('x', 'input', size), buffer('n', 'input', L, 'i32'), buffer('y', 'output', size), buffer('z', 'output', R)],
    [kernel('loops', [sum(some)], write('y', rowMajor, on('add', some, r0)), write('z', row, r0))],
    symbols,
  );
  for (const way of ways)
    for (const sizes of shapes.slice(0, 5))
      await agrees(
        built,
        { x: noise(count(sizes)), n: noise(sizes.L, 8, 2).map((v) => Math.floor(Math.abs(v))) },
        sizes,
        way,
      );
});

rows('long sums keep their precision', async () => {
  const built = step(
    [buffer('x', 'input', size), buffer('y', 'output', R), buffer('z', 'output', R)],
    [
      kernel('rows', [sum(read('x', rowMajor))], write('y', row, r0)),
      kernel('columns', [sum(read('x', columnMajor))], write('z', row, r0)),
    ],
    symbols,
  );
  const sizes = { R: 4, L: 300007 };
  const x = noise(count(sizes)).map((v) => Math.fround(1 + v * 0.001));
  for (const way of ways.slice(0, 3)) {
    const { y, z } = await runPrinted(built, { x }, sizes, way);
    const exact = (at: (i: number) => number): number =>
      Array.from({ length: sizes.L }, (_, i) => x[at(i)]!).reduce((a, v) => a + v);
    for (let k = 0; k < sizes.R; k++) {
      assert.ok(Math.abs(y![k]! / exact((i) => k * sizes.L + i) - 1) < 2e-7, `row ${k}: ${y![k]}`);
      assert.ok(Math.abs(z![k]! / exact((i) => i * sizes.R + k) - 1) < 2e-6, `column ${k}: ${z![k]}`);
    }
  }
});

rows('a largest NaN is NaN, of nothing −∞', async () => {
  const built = step(
    [buffer('x', 'input', size), buffer('y', 'output', R), buffer('z', 'output', R)],
    [kernel('rows', [max(read('x', rowMajor)), sum(read('x', rowMajor))], write('y', row, r0), write('z', row, r1))],
    symbols,
  );
  for (const way of ways) {
    const x = noise(2 * 37);
    x[20] = Number.NaN;
    const { y } = await runPrinted(built, { x }, { R: 2, L: 37 }, way);
    assert.ok(Number.isNaN(y![0]), 'NaN is found');
    assert.ok(y![1]! > 0, 'the other row has none');
    const empty = await runPrinted(built, {}, { R: 2, L: 0 }, way);
    assert.equal(
      [empty.y, empty.z],
      [
        [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
        [0, 0],
      ],
    );
  }
});

rows.run();
