import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Extent, multiplyExtents, symbol } from '../../dsl/extent.ts';
import { apply, axis, constant, read, type Scalar, selectedIndex, whole } from '../../dsl/scalar.ts';
import type { Selection, SelectKernel, Step } from '../../kernels/ir.ts';
import { type RunOptions, runPrinted } from '../support/assembly.ts';
import { buffer, noise, on, step } from '../support/build-step.ts';
import { agrees } from '../support/compare.ts';

const select = suite('assembly select');

const [R, L] = ['R', 'L'].map(symbol) as [Extent, Extent];
const [row, along] = [axis('row', R), axis('along', L)];
const size = multiplyExtents(R, L);
const x = read('x', on('add', on('mul', row, whole(L)), along));

const ways: readonly RunOptions[] = [
  { simd: 'baseline' },
  { simd: 'relaxed', force: { select: 'scalar' } },
  { simd: 'wide' },
];
const shapes = [
  { R: 1, L: 5 },
  { R: 3, L: 8 },
  { R: 2, L: 37 },
  { R: 4, L: 4099 },
];

function kernel(name: string, selection: Selection, to: string, offset: Scalar = row, value: Scalar = x): SelectKernel {
  return {
    kind: 'select',
    name,
    comment: [name],
    row,
    along,
    value,
    selection,
    writes: [{ buffer: to, offset, value: selectedIndex }],
  };
}

select('argmax and top k: of equal values the lower index', async () => {
  const slot = axis('slot', 5);
  const ranked = on('add', on('mul', row, 5), slot);
  const column = read('x', on('add', on('mul', along, whole(R)), row));
  const built = step(
    [
      buffer('x', 'input', size),
      buffer('a', 'output', R, 'i32'),
      buffer('c', 'output', R, 'i32'),
      buffer('k', 'output', multiplyExtents(R, 5), 'i32'),
      buffer('v', 'output', multiplyExtents(R, 5)),
    ],
    [
      kernel('argmax', { op: 'argmax' }, 'a'),
      kernel('argmaxColumns', { op: 'argmax' }, 'c', row, on('mul', column, -1)),
      {
        ...kernel('topK', { op: 'topK', slot }, 'k', ranked),
        writes: [
          { buffer: 'k', offset: ranked, value: selectedIndex },
          { buffer: 'v', offset: ranked, value: read('x', on('add', on('mul', row, whole(L)), selectedIndex)) },
        ],
      },
    ],
    ['R', 'L'],
  );
  for (const way of ways) {
    for (const sizes of shapes) {
      const count = sizes.R * sizes.L;
      await agrees(built, { x: noise(count) }, sizes, way);
      await agrees(built, { x: noise(count).map((v) => Math.round(2 * v)) }, sizes, way);
      await agrees(built, { x: new Float64Array(count).fill(Number.NEGATIVE_INFINITY) }, sizes, way);
      await agrees(built, { x: new Float64Array(count).fill(Number.POSITIVE_INFINITY) }, sizes, way);
    }
  }
});

select('NaN counts as −∞', async () => {
  const built = step(
    [buffer('x', 'input', size), buffer('a', 'output', R, 'i32')],
    [kernel('argmax', { op: 'argmax' }, 'a')],
    ['R', 'L'],
  );
  const values = noise(37);
  for (const at of [0, 9, 36]) values[at] = Number.NaN;
  const best = values.reduce((a, v, i) => (v > values[a]! || Number.isNaN(values[a]!) ? i : a), 0);
  for (const way of ways) assert.is((await runPrinted(built, { x: values }, { R: 1, L: 37 }, way)).a![0], best);
});

/** Draws with settings from buffers, one a row. */
const sampling: Step = step(
  [
    buffer('x', 'input', size),
    buffer('temperature', 'input', R),
    buffer('topK', 'input', R, 'i32'),
    buffer('topP', 'input', R),
    buffer('uniform', 'input', R),
    buffer('y', 'output', R, 'i32'),
  ],
  [
    kernel(
      'sample',
      {
        op: 'sample',
        temperature: read('temperature', row),
        topK: read('topK', row, 'i32'),
        topP: read('topP', row),
        uniform: read('uniform', row),
      },
      'y',
    ),
  ],
  ['R', 'L'],
);

select('samples as told by temperature, top k, top p', async () => {
  const settings = [
    { temperature: 0, topK: 0, topP: 1 },
    { temperature: 1, topK: 0, topP: 1 },
    { temperature: 0.7, topK: 1, topP: 1 },
    { temperature: 0.7, topK: 3, topP: 1 },
    { temperature: 1.3, topK: 0, topP: 0.61 },
    { temperature: 0.9, topK: 7, topP: 0.53 },
    { temperature: 1, topK: 1000000, topP: 0 },
    { temperature: 0.2, topK: 40, topP: 0.93 },
  ];
  const draws = 41;
  const rows = settings.length * draws;
  const each = (pick: (setting: (typeof settings)[number]) => number): Float64Array =>
    Float64Array.from({ length: rows }, (_, i) => pick(settings[Math.floor(i / draws)]!));
  for (const length of [5, 37, 500]) {
    const logits = noise(length, 3, length);
    const tied = logits.map(Math.round);
    for (const values of [logits, tied]) {
      const contents = {
        x: Float64Array.from({ length: rows * length }, (_, i) => values[i % length]!),
        temperature: each(({ temperature }) => temperature),
        topK: each(({ topK }) => topK),
        topP: each(({ topP }) => topP),
        uniform: Float64Array.from({ length: rows }, (_, i) => Math.fround(((i % draws) + 0.3137) / draws)),
      };
      for (const way of ways) await agrees(sampling, contents, { R: rows, L: length }, way);
    }
  }
});

select('what cannot be drawn is never drawn', async () => {
  const length = 20;
  const values = noise(length, 2).map((v, i) => (i % 3 === 0 ? v : Number.NEGATIVE_INFINITY));
  const draws = 64;
  const contents = {
    x: Float64Array.from({ length: draws * length }, (_, i) => values[i % length]!),
    temperature: new Float64Array(draws).fill(1),
    topK: new Float64Array(draws),
    topP: new Float64Array(draws).fill(1),
    uniform: Float64Array.from({ length: draws }, (_, i) => (i === draws - 1 ? 1 - 2 ** -24 : i / draws)),
  };
  for (const way of ways) {
    const { y } = await runPrinted(sampling, contents, { R: draws, L: length }, way);
    assert.ok(
      y!.every((index) => index % 3 === 0),
      `${y}`,
    );
    assert.ok(new Set(y).size > 3, 'several are drawn');
  }
});

select('settings may be literals', async () => {
  const literal = kernel(
    'sample',
    { op: 'sample', temperature: constant(0.8), topK: whole(4), topP: constant(0.9), uniform: read('u', row) },
    'y',
    row,
    apply('neg', x),
  );
  const built = step(
    [buffer('x', 'input', size), buffer('u', 'input', R), buffer('y', 'output', R, 'i32')],
    [literal],
    ['R', 'L'],
  );
  for (const way of ways)
    await agrees(
      built,
      { x: noise(16 * 9, 2), u: noise(16, 1, 3).map((v) => Math.fround(Math.abs(v) * 0.999)) },
      { R: 16, L: 9 },
      way,
    );
});

select.run();
