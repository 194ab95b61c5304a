import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ExtentLike, symbol } from '../../dsl/extent.ts';
import { accumulator, axis, read, type Scalar, whole } from '../../dsl/scalar.ts';
import { accessOf } from '../../kernels/assembly/access.ts';
import type { ContractKernel, Step } from '../../kernels/ir.ts';
import { buffer, on, step } from '../support/build-step.ts';
import { offset, randomNumbers } from './contract-cases.ts';
import { builds, checkStep, randomContents } from './contract-check.ts';

const test = suite('contract: operands that are read in place');

const random = randomNumbers(3);

interface Images {
  readonly side: number;
  readonly patch: number;
  /** Channels last, as decoded images are, or first. */
  readonly last: boolean;
}

/** Patch embedding: m counts batch and patches, k the channels and pixels of a patch. */
function patches(batch: ExtentLike, { side, patch, last }: Images, width: number): Step {
  const [channels, grid] = [3, side / patch];
  const depth = channels * patch * patch;
  const count = on('mul', whole(batch), grid * grid);
  const rows = count.kind === 'linear' ? count.constant : grid * grid;
  const [m, n, k] = [axis('m', rows), axis('n', width), axis('k', depth)];
  const image = on('quotient', m, grid * grid);
  const place = on('remainder', m, grid * grid);
  const channel = on('quotient', k, patch * patch);
  const pixel = on('remainder', k, patch * patch);
  const y = on('add', on('mul', on('quotient', place, grid), patch), on('quotient', pixel, patch));
  const x = on('add', on('mul', on('remainder', place, grid), patch), on('remainder', pixel, patch));
  const at: Scalar = last
    ? offset([
        [image, side * side * channels],
        [y, side * channels],
        [x, channels],
        [channel, 1],
      ])
    : offset([
        [image, channels * side * side],
        [channel, side * side],
        [y, side],
        [x, 1],
      ]);
  const kernel: ContractKernel = {
    kind: 'contract',
    name: 'patches',
    comment: [`patches of ${patch} from ${side}, channels ${last ? 'last' : 'first'}`],
    batch: axis('one', 1),
    m,
    n,
    k,
    left: read('images', at),
    right: read(
      'w',
      offset([
        [n, depth],
        [k, 1],
      ]),
    ),
    writes: [
      {
        buffer: 'y',
        offset: offset([
          [m, width],
          [n, 1],
        ]),
        value: accumulator,
      },
    ],
  };
  const pixels = on('mul', whole(batch), channels * side * side);
  const results = on('mul', whole(rows), width);
  const size = (x: Scalar): ExtentLike => (x.kind === 'linear' ? x.constant : 0);
  const buffers = [
    buffer('images', 'input', size(pixels)),
    buffer('w', 'parameter', width * depth),
    buffer('y', 'output', size(results)),
  ];
  return step(buffers, [kernel], ['B']);
}

/** Runs of a patch's row: of four neighbours at least, of fewer, and none where channels come last. */
const cases: readonly { readonly images: Images; readonly run: number }[] = [
  { images: { side: 32, patch: 8, last: false }, run: 4 },
  { images: { side: 21, patch: 7, last: false }, run: 1 },
  { images: { side: 32, patch: 8, last: true }, run: 1 },
];

for (const { images, run } of cases) {
  const name = `patches of ${images.patch}, channels ${images.last ? 'last' : 'first'}`;
  for (const simd of builds)
    test(`${simd}: ${name}`, async () => {
      for (const batch of [symbol('B'), 2]) {
        const graph = patches(batch, images, 20);
        await checkStep(graph, randomContents(graph, { B: 2 }, random), { B: 2 }, { simd });
      }
    });

  test(`${name}: offsets fall apart into those of patches and those of pixels`, () => {
    const { m, k, left } = patches(symbol('B'), images, 20).kernels[0] as ContractKernel;
    const access = accessOf({ value: left, index: m, depth: k }, () => 'f32');
    assert.is(access.kind, 'separable');
    assert.is(access.kind === 'separable' && access.run, run);
  });
}

const [m, k] = [axis('m', symbol('M')), axis('k', 24)];

test('accesses are recognised', () => {
  const kindOf = (value: Scalar, dtype: 'f32' | 'bf16' = 'f32'): string =>
    accessOf({ value, index: m, depth: k }, () => dtype).kind;
  assert.is(
    kindOf(
      read(
        'x',
        offset([
          [m, 24],
          [k, 1],
        ]),
      ),
    ),
    'rows',
  );
  assert.is(
    kindOf(
      read(
        'x',
        offset([
          [m, 1],
          [k, symbol('M')],
        ]),
      ),
    ),
    'columns',
  );
  assert.is(
    kindOf(
      read(
        'x',
        offset([
          [m, 48],
          [k, 2],
        ]),
      ),
    ),
    'separable',
  );
  assert.is(
    kindOf(
      read(
        'x',
        offset([
          [read('rows', m, 'i32'), 24],
          [k, 1],
        ]),
      ),
    ),
    'separable',
    'gathered rows',
  );
  assert.is(kindOf(read('x', on('mul', m, k))), 'expression');
  assert.is(
    kindOf(
      on(
        'mul',
        read(
          'x',
          offset([
            [m, 24],
            [k, 1],
          ]),
        ),
        2,
      ),
    ),
    'expression',
  );
  assert.is(
    kindOf(
      read(
        'x',
        offset([
          [m, 24],
          [k, 1],
        ]),
      ),
      'bf16',
    ),
    'expression',
  );
});

test.run();
