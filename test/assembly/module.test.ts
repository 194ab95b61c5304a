/**
 * Whole modules, and what the printer writes for one kernel of each kind, to be read and reviewed. After a change that is meant:
 * `UPDATE_SNAPSHOTS=1 node dist/test/assembly/module.test.js`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MmgemError } from '../../dsl/errors.ts';
import { productOfExtents, symbol } from '../../dsl/extent.ts';
import { apply, axis, read, reductionValue, type Scalar, selectedIndex, whole } from '../../dsl/scalar.ts';
import { printAssemblyModule } from '../../kernels/assembly/module.ts';
import type { BufferDeclaration, Kernel, MapKernel, RowKernel, SelectKernel } from '../../kernels/ir.ts';
import { runPrinted, target } from '../support/assembly.ts';
import { buffer, noise, on, step } from '../support/build-step.ts';
import { repositoryRoot } from '../support/repository.ts';

const modules = suite('assembly module');

const [B, T] = [symbol('B'), symbol('T')];
const W = 768;
const rows = productOfExtents([B, T]);
const whole768 = productOfExtents([B, T, W]);
const [token, w] = [axis('B_T', rows), axis('W', W)];
const at = (index: Scalar): Scalar => on('add', on('mul', index, W), w);
const shaped = (declaration: BufferDeclaration, shape: string, source?: string): BufferDeclaration => ({
  ...declaration,
  shape,
  ...(source && { source }),
});

const buffers = [
  shaped(buffer('x', 'input', whole768), '[B, T, W=768]'),
  shaped(buffer('bias', 'parameter', W, 'bf16'), '[W=768]', 'mlp.c_fc.bias'),
  shaped(buffer('gain', 'parameter', W), '[W=768]', 'ln_1.weight'),
  shaped(buffer('t0', 'temporary', whole768), '[B, T, W=768]'),
  shaped(buffer('t1', 'temporary', whole768), '[B, T, W=768]'),
  shaped(buffer('index', 'output', rows, 'i32'), '[B, T]'),
];

function gelu(x: Scalar): Scalar {
  return on('mul', on('mul', x, 0.5), on('add', 1, on('erf', on('mul', x, Math.SQRT1_2))));
}

const map: MapKernel = {
  kind: 'map',
  name: 'gelu_0',
  comment: ['gelu(x + bias): x[B, T, W=768], bias[W=768] → [B, T, W=768]'],
  axes: [token, w],
  writes: [{ buffer: 't0', offset: at(token), value: gelu(on('add', read('x', at(token)), read('bias', w))) }],
};

function norm(name: string, from: string, to: string): RowKernel {
  const [row, along] = [axis('row', rows), axis('along', W)];
  const offset = on('add', on('mul', row, W), along);
  const x = read(from, offset);
  const centred = on('sub', x, on('mul', reductionValue(0), 1 / W));
  const scale = on('rsqrt', on('add', on('mul', reductionValue(1), 1 / W), 1e-5));
  return {
    kind: 'row',
    name,
    comment: ['layerNorm: [B, T, W=768] → [B, T, W=768]'],
    row,
    along,
    reductions: [
      { reduce: 'sum', value: x },
      { reduce: 'sum', value: on('mul', centred, centred) },
    ],
    writes: [{ buffer: to, offset, value: on('mul', on('mul', centred, scale), read('gain', along)) }],
  };
}

const select: SelectKernel = {
  kind: 'select',
  name: 'argmax_2',
  comment: ['argmax: [B, T, W=768] → [B, T]'],
  row: axis('row', rows),
  along: axis('along', W),
  value: read('t1', on('add', on('mul', axis('row', rows), W), axis('along', W))),
  selection: { op: 'argmax' },
  writes: [{ buffer: 'index', offset: axis('row', rows), value: selectedIndex }],
};

const stepOf = (...kernels: readonly Kernel[]) => step(buffers, kernels, ['B', 'T']);

for (const [name, kernel] of Object.entries({ map, row: norm('layerNorm_1', 't0', 't1'), select })) {
  modules(`a ${name} kernel as printed`, () => {
    const { source } = printAssemblyModule(stepOf(kernel), target('relaxed'));
    const path = join(repositoryRoot, 'test', 'assembly', `${name}.snapshot.txt`);
    if (process.env.MMGEM_UPDATE_SNAPSHOTS === '1') writeFileSync(path, source);
    assert.fixture(source, readFileSync(path, 'utf8'));
  });
}

modules('the same step is printed the same', () => {
  const printed = () => printAssemblyModule(stepOf(map, norm('a', 't0', 't1'), select), target('wide'));
  assert.equal(printed(), printed());
});

modules('kernels that are alike share a function, each with its own buffers', async () => {
  const built = stepOf(norm('first', 'x', 't0'), norm('second', 't0', 't1'));
  const { kernels, source } = printAssemblyModule(built, target('baseline'));
  assert.equal(
    kernels.map(({ kernel, entry }) => [kernel, entry]),
    [
      ['first', 'first'],
      ['second', 'first'],
    ],
  );
  assert.equal(
    kernels.map((kernel) => kernel.buffers),
    [
      ['x', 'gain', 't0'],
      ['t0', 'gain', 't1'],
    ],
  );
  assert.is(source.split('export function').length, 2);
  const { t0, t1 } = await runPrinted(built, { x: noise(3 * W, 5), gain: new Float64Array(W).fill(1) }, { B: 1, T: 3 });
  assert.ok(
    t1!.every((value, i) => Math.abs(value - t0![i]!) < 1e-4),
    'the norm of what is normal',
  );
});

modules('a forced variant is used where it fits, and must exist', () => {
  const variant = (force: string): string =>
    printAssemblyModule(stepOf(map), target('baseline'), { force: { map: force } }).kernels[0]!.variant;
  assert.is(variant('scalar'), 'scalar');
  assert.is(variant('vector'), 'vector');
  assert.throws(
    () => variant('fast'),
    (error: Error) => error instanceof MmgemError && /no map variant fast.*vector/.test(error.message),
  );
});

modules('names of buffers, sizes and axes may be anything', async () => {
  const [N, size] = [symbol('load'), axis('tile', symbol('load'))];
  const kernel: MapKernel = {
    ...map,
    name: 'odd',
    axes: [size],
    writes: [{ buffer: 'f32', offset: size, value: apply('add', read('args', size), apply('toFloat', whole(N))) }],
  };
  const built = step([buffer('args', 'input', N), buffer('f32', 'output', N)], [kernel], ['load']);
  assert.equal((await runPrinted(built, { args: [1, 2, 3, 4, 5] }, { load: 5 })).f32, [6, 7, 8, 9, 10]);
});

modules('what a kernel uses must be in its step', () => {
  const print = (buffers: readonly BufferDeclaration[], sizes: readonly string[]) => () =>
    printAssemblyModule(step(buffers, [map], sizes), target('baseline'));
  assert.throws(print(buffers.slice(1), ['B', 'T']), /kernel gelu_0 uses x, which is no buffer/);
  assert.throws(print(buffers, ['B']), /kernel gelu_0 uses T, which is no size/);
});

modules.run();
