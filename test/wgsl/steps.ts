/** Steps of one kernel each that several tests use. */

import type { StorageType } from '../../dsl/dtype.ts';
import type { ExtentLike } from '../../dsl/extent.ts';
import { type Axis, accumulator, axis, read, reductionValue, selectedIndex, whole } from '../../dsl/scalar.ts';
import type { AttentionKernel, ContractKernel, SizeSymbol, Step } from '../../kernels/ir.ts';
import { at, attention, contract, declare, f, i, output, over, row, select, sizeOf, stepOf, write } from './build.ts';

const [r0, r1] = [reductionValue(0), reductionValue(1)];

/** Softmax of [rows, length], with the largest value and the logarithm of the sum beside it. */
export function softmax(rows: Axis, along: Axis, across = false): Step {
  const offset = across ? over(along, rows) : over(rows, along);
  const x = read('x', offset);
  const power = f('exp', f('sub', x, r0));
  const kernel = row(
    rows,
    along,
    [
      { reduce: 'max', value: x },
      { reduce: 'sum', value: power },
    ],
    write('y', offset, f('div', power, r1)),
    write('lse', rows, f('add', f('log', r1), r0)),
  );
  return stepOf(
    [kernel],
    [declare('x', sizeOf(rows, along)), output('y', sizeOf(rows, along)), output('lse', rows.extent)],
    [],
  );
}

/** Layer norm with weights of f16: two sums over the row in one pass, then one more. */
export function layerNorm(rows: Axis, along: Axis): Step {
  const x = read('x', over(rows, along));
  const length = Number(along.extent.terms[0]!.coefficient);
  const mean = f('mul', r0, 1 / length);
  const centred = f('sub', x, mean);
  const scale = f('rsqrt', f('add', f('mul', reductionValue(2), 1 / length), 1e-5));
  const kernel = row(
    rows,
    along,
    [
      { reduce: 'sum', value: x },
      { reduce: 'max', value: f('abs', x) },
      { reduce: 'sum', value: f('mul', centred, centred) },
    ],
    write(
      'y',
      over(rows, along),
      f('add', f('mul', f('mul', centred, scale), read('g', along)), f('mul', read('b', along), r1)),
    ),
  );
  const size = sizeOf(rows, along);
  return stepOf(
    [kernel],
    [declare('x', size), declare('g', length, { dtype: 'f16' }), declare('b', length), output('y', size)],
  );
}

export interface ProductShape {
  readonly batch?: ExtentLike;
  readonly m: ExtentLike;
  readonly n: ExtentLike;
  readonly k: ExtentLike;
  /** Memory order of the operands: k last unless told. */
  readonly leftOrder?: 'mk' | 'km';
  readonly rightOrder?: 'nk' | 'kn';
}

/** A batched product of plain tensors l and r into o, with bias c and SiLU. */
export function product({
  batch: batches = 1,
  m: rows,
  n: columns,
  k: depth,
  leftOrder = 'mk',
  rightOrder = 'nk',
}: ProductShape): ContractKernel {
  const [batch, m, n, k] = [axis('batch', batches), axis('m', rows), axis('n', columns), axis('k', depth)];
  const left = read('l', leftOrder === 'mk' ? over(batch, m, k) : over(batch, k, m));
  const right = read('r', rightOrder === 'nk' ? over(batch, n, k) : over(batch, k, n));
  const sum = f('add', accumulator, read('c', n));
  return contract({ batch, m, n, k, left, right }, write('o', over(batch, m, n), f('mul', sum, f('sigmoid', sum))));
}

/** The product as a step, with a right operand of a storage type. */
export function productStep(shape: ProductShape, sizes: readonly SizeSymbol[] = [], dtype: StorageType = 'f32'): Step {
  const kernel = product(shape);
  const { batch, m, n, k } = kernel;
  return stepOf(
    [kernel],
    [
      declare('l', sizeOf(batch, m, k)),
      declare('r', sizeOf(batch, n, k), { dtype }),
      declare('c', n.extent),
      output('o', sizeOf(batch, m, n)),
    ],
    sizes,
  );
}

export interface AttentionShape {
  readonly batch?: ExtentLike;
  readonly heads?: number;
  readonly groups?: number;
  readonly queries: ExtentLike;
  readonly keys: ExtentLike;
  readonly width: number;
  readonly valueWidth?: number;
  readonly causal?: boolean;
  readonly lengths?: boolean;
}

/** Attention of plain tensors q, k, v [B, H, T, D] into o [B, T, H, D]. */
export function attentionOf(shape: AttentionShape): AttentionKernel {
  const { heads = 2, groups = heads, valueWidth = shape.width, causal = false } = shape;
  const [batch, head] = [axis('batch', shape.batch ?? 2), axis('head', heads)];
  const [query, key] = [axis('query', shape.queries), axis('key', shape.keys)];
  const [width, valueAxis] = [axis('width', shape.width), axis('valueWidth', valueWidth)];
  const group = i('quotient', head, heads / groups);
  const parts = {
    batch,
    head,
    query,
    key,
    width,
    valueWidth: valueAxis,
    q: read('q', over(batch, head, query, width)),
    k: read('k', at([batch, group, key, width], [groups, shape.keys, shape.width])),
    v: read('v', at([batch, group, key, valueAxis], [groups, shape.keys, valueWidth])),
    scale: 1.7 / Math.sqrt(shape.width),
    causal,
    ...(shape.lengths && { keyLength: read('lengths', batch, 'i32') }),
  };
  return attention(parts, write('o', over(batch, query, head, valueAxis), f('mul', accumulator, 2)));
}

export function attentionStep(shape: AttentionShape, sizes: readonly SizeSymbol[] = []): Step {
  const kernel = attentionOf(shape);
  const { batch, head, query, key, width, valueWidth } = kernel;
  const group = axis('group', shape.groups ?? shape.heads ?? 2);
  const lengths = shape.lengths ? [declare('lengths', batch.extent, { dtype: 'i32' })] : [];
  return stepOf(
    [kernel],
    [
      declare('q', sizeOf(batch, head, query, width)),
      declare('k', sizeOf(batch, group, key, width)),
      declare('v', sizeOf(batch, group, key, valueWidth)),
      ...lengths,
      output('o', sizeOf(batch, query, head, valueWidth)),
    ],
    sizes,
  );
}

export function argmax(rows: ExtentLike, length: ExtentLike, sizes: readonly SizeSymbol[] = []): Step {
  const [row, along] = [axis('row', rows), axis('along', length)];
  const kernel = select(
    { row, along, value: f('mul', read('x', over(row, along)), 3), selection: { op: 'argmax' } },
    write('id', row, selectedIndex),
    write('next', row, i('add', selectedIndex, row)),
  );
  return stepOf(
    [kernel],
    [declare('x', sizeOf(row, along)), output('id', rows, 'i32'), output('next', rows, 'u32')],
    sizes,
  );
}

export function topK(rows: ExtentLike, length: ExtentLike, k: number, sizes: readonly SizeSymbol[] = []): Step {
  const [row, along, slot] = [axis('row', rows), axis('along', length), axis('slot', k)];
  const kernel = select(
    { row, along, value: read('x', over(row, along)), selection: { op: 'topK', slot } },
    write('ids', over(row, slot), selectedIndex),
    write('values', over(row, slot), read('x', at([row, selectedIndex], [length]))),
  );
  const size = sizeOf(row, slot);
  return stepOf(
    [kernel],
    [declare('x', sizeOf(row, along)), output('ids', size, 'i32'), output('values', size)],
    sizes,
  );
}

export function sample(rows: ExtentLike, length: ExtentLike, sizes: readonly SizeSymbol[] = []): Step {
  const [row, along] = [axis('row', rows), axis('along', length)];
  const selection = {
    op: 'sample',
    temperature: read('temperature', whole(0)),
    topK: read('topK', whole(0), 'i32'),
    topP: read('topP', whole(0)),
    uniform: read('uniform', row),
  } as const;
  const kernel = select({ row, along, value: read('x', over(row, along)), selection }, write('id', row, selectedIndex));
  const scalars = [
    declare('temperature', 1),
    declare('topK', 1, { dtype: 'i32' }),
    declare('topP', 1),
    declare('uniform', rows),
  ];
  return stepOf([kernel], [declare('x', sizeOf(row, along)), ...scalars, output('id', rows, 'i32')], sizes);
}
