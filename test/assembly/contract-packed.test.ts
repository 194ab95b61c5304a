import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StorageType } from '../../dsl/dtype.ts';
import { extent } from '../../dsl/extent.ts';
import { panelWidth } from '../../kernels/assembly/tile.ts';
import type { AssemblyTarget, BufferDeclaration, Step } from '../../kernels/ir.ts';
import { arrangePanels, halvesOf, layoutSize, type PanelLayout } from '../../kernels/layout.ts';
import { decodeElements } from '../../runtime/elements.ts';
import { runPrinted, target } from '../support/assembly.ts';
import { contractStep, extentsOf, type Product, randomNumbers } from './contract-cases.ts';
import { builds, checkStep, randomContents } from './contract-check.ts';

const test = suite('contract with packed weights');

const random = randomNumbers(2);

interface Packing {
  readonly dtype: StorageType;
  /** How the plain form lies: [n, k] or [k, n]. */
  readonly right: 'rows' | 'columns';
}

/** The step with its weights in panels, as lowering and the loader would have them. */
function packed(step: Step, n: number, k: number, width: number, { dtype, right }: Packing): Step {
  const strides = right === 'rows' ? { strideN: k, strideK: 1 } : { strideN: 1, strideK: n };
  const layout: PanelLayout = { kind: 'panels', width, columns: n, depth: k, ...strides, halves: halvesOf(dtype) };
  const place = (declaration: BufferDeclaration): BufferDeclaration =>
    declaration.name === 'w' ? { ...declaration, dtype, layout } : declaration;
  return {
    ...step,
    buffers: step.buffers.map(place),
    kernels: step.kernels.map((kernel) =>
      kernel.kind === 'contract' ? { ...kernel, packed: { buffer: 'w', width } } : kernel,
    ),
  };
}

async function check(
  simd: AssemblyTarget['simd'],
  packing: Packing,
  m: number,
  n: number,
  k: number,
  symbolic: boolean,
): Promise<void> {
  const products: Product[] = [
    { left: 'rows', right: packing.right, epilogue: 'bias' },
    { left: 'scaled', right: packing.right, epilogue: 'plain' },
    { left: 'columns', right: packing.right, epilogue: 'plain' },
  ];
  const plain = contractStep(
    products,
    extentsOf({ batch: 1, m, n, k }, (name) => symbolic && (name === 'M' || name === 'B')),
  );
  const step = packed(plain, n, k, panelWidth(target(simd)), packing);
  const sizes = { B: 1, M: m, N: n, K: k };
  await checkStep(step, randomContents(step, sizes, random), sizes, { simd });
}

const storages: StorageType[] = ['f32', 'bf16', 'f16'];

for (const simd of builds)
  for (const dtype of storages)
    test(`${simd}: ${dtype} weights, any number of rows`, async () => {
      for (const m of [1, 2, 4, 5, 6, 7, 101]) await check(simd, { dtype, right: 'rows' }, m, 37, 59, true);
    });

test('weights whose plain form is [k, n]', async () => {
  for (const m of [2, 9]) await check('relaxed', { dtype: 'f32', right: 'columns' }, m, 37, 59, true);
});

for (const simd of builds)
  test(`${simd}: as many rows as a tile has and one more, columns around a panel`, async () => {
    for (const [m, n] of [
      [2, 15],
      [4, 16],
      [5, 17],
      [6, 33],
      [7, 8],
    ] as const)
      for (const dtype of storages) await check(simd, { dtype, right: 'rows' }, m, n, 24, false);
  });

for (const simd of builds)
  for (const rows of [1, 9])
    test(`${simd}: every finite f16 widens to what it means, for ${rows} ${rows === 1 ? 'row' : 'rows'}`, async () => {
      const every = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
      const weights = decodeElements('f16', new Uint8Array(every.buffer), 65536).filter(Number.isFinite);
      const n = weights.length;
      const plain = contractStep(
        [{ left: 'rows', right: 'rows', epilogue: 'plain' }],
        extentsOf({ batch: 1, m: rows, n, k: 1 }, () => false),
      );
      const step = packed(plain, n, 1, panelWidth(target(simd)), { dtype: 'f16', right: 'rows' });
      const { layout } = step.buffers.find(({ name }) => name === 'w')!;
      const [write] = step.kernels[0]!.writes;
      const panels = arrangePanels(layout as PanelLayout, Float32Array.from(weights));
      const contents = { x: Array.from({ length: rows }, () => 1), w: [...panels] };
      const placed = step.buffers.map((declaration) =>
        declaration.name === 'w' ? { ...declaration, size: extent(panels.length) } : declaration,
      );
      const results = (
        await runPrinted({ ...step, buffers: placed }, contents, { B: 1, M: rows, N: n, K: 1 }, { simd })
      )[write!.buffer]!;
      for (let i = 0; i < rows * n; i++)
        if (results[i] !== weights[i % n]) assert.unreachable(`${weights[i % n]} became ${results[i]}`);
    });

test('panels whose halves lie as those of another type are an error', async () => {
  const shape = { batch: 1, m: 4, n: 8, k: 8 };
  const plain = contractStep(
    [{ left: 'rows', right: 'rows', epilogue: 'plain' }],
    extentsOf(shape, () => false),
  );
  const step = packed(plain, 8, 8, 8, { dtype: 'bf16', right: 'rows' });
  const apart = step.buffers.map((declaration) =>
    declaration.layout.kind === 'panels'
      ? { ...declaration, layout: { ...declaration.layout, halves: 'apart' as const } }
      : declaration,
  );
  const error = await runPrinted({ ...step, buffers: apart }, {}, { B: 1, M: 4, N: 8, K: 8 }, { simd: 'relaxed' }).then(
    () => new Error('nothing was thrown'),
    (reason: Error) => reason,
  );
  assert.match(error.message, /w is bf16, so the halves of its panels alternate/);
});

test('depth beyond one block, for few rows and for many', async () => {
  await check('relaxed', { dtype: 'f32', right: 'rows' }, 2, 24, 4100, true);
  await check('relaxed', { dtype: 'bf16', right: 'rows' }, 1, 24, 4100, true);
  await check('wide', { dtype: 'bf16', right: 'rows' }, 9, 40, 1030, true);
});

test('weights packed for another build are an error that names both widths', async () => {
  const plain = contractStep(
    [{ left: 'rows', right: 'rows', epilogue: 'plain' }],
    extentsOf({ batch: 1, m: 4, n: 8, k: 8 }, () => false),
  );
  const step = packed(plain, 8, 8, 16, { dtype: 'f32', right: 'rows' });
  let message = '';
  await runPrinted(step, {}, { B: 1, M: 4, N: 8, K: 8 }, { simd: 'relaxed' }).catch((error: Error) => {
    message = error.message;
  });
  assert.match(message, /w is packed as f32 in panels of 16; the relaxed build multiplies floats in panels of 8/);
  assert.is(layoutSize(step.buffers.find(({ name }) => name === 'w')!.layout, 64), 128);
});

test.run();
