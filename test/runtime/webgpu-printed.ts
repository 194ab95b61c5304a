/** A step for the real printer, with kernels of several kinds: attention weights by hand, softmax(x) · p + 1. */
import { extent, multiplyExtents, symbol } from '../../dsl/extent.ts';
import { accumulator, apply, axis, constant, read, reductionValue, whole } from '../../dsl/scalar.ts';
import type { Kernel, Step } from '../../kernels/ir.ts';
import { declare } from './webgpu-steps.ts';

export const width = 37;
export const columns = 13;
const rows = symbol('B');

const at = (buffer: string, row: Parameters<typeof apply>[1], stride: number, column: Parameters<typeof apply>[1]) =>
  read(buffer, apply('add', apply('mul', row, whole(stride)), column));

function doubled(): Kernel {
  const i = axis('i', multiplyExtents(rows, width));
  const value = apply('mul', read('x', i), constant(2));
  return { kind: 'map', name: 'doubled', comment: ['x · 2'], axes: [i], writes: [{ buffer: 'd', offset: i, value }] };
}

function softmax(): Kernel {
  const [row, along] = [axis('b', rows), axis('w', width)];
  const x = at('d', row, width, along);
  const power = apply('exp', apply('sub', x, reductionValue(0)));
  return {
    kind: 'row',
    name: 'softmax',
    comment: ['softmax over w'],
    row,
    along,
    reductions: [
      { reduce: 'max', value: x },
      { reduce: 'sum', value: power },
    ],
    writes: [{ buffer: 's', offset: at('s', row, width, along).offset, value: apply('div', power, reductionValue(1)) }],
  };
}

function product(): Kernel {
  const [batch, m, n, k] = [axis('one', 1), axis('m', rows), axis('n', columns), axis('k', width)];
  return {
    kind: 'contract',
    name: 'product',
    comment: ['s · pᵀ + 1'],
    batch,
    m,
    n,
    k,
    left: at('s', m, width, k),
    right: at('p', n, width, k),
    writes: [{ buffer: 'y', offset: at('y', m, columns, n).offset, value: apply('add', accumulator, constant(1)) }],
  };
}

export const printed: Step = {
  name: 'printed',
  sizes: [{ name: 'B', max: 100 }],
  buffers: [
    declare('input', 'x', multiplyExtents(rows, width)),
    declare('temporary', 'd', multiplyExtents(rows, width)),
    declare('temporary', 's', multiplyExtents(rows, width)),
    declare('parameter', 'p', extent(columns * width)),
    declare('output', 'y', multiplyExtents(rows, columns)),
  ],
  kernels: [doubled(), softmax(), product()],
};
