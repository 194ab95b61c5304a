/**
 * The tuned ways to carry out kernels in AssemblyScript; of each kind, the first that fits is used. What a build changes
 * (the register tile) is in tile.ts; these rows say how work is cut into tiles that threads share.
 */
import { type Extent, fixedExtent, productOfExtents } from '../../dsl/extent.ts';
import type { AssemblyTarget, Kernel, Variant } from '../ir.ts';
import { mapVariants } from './map.ts';
import { rowVariants } from './row.ts';
import { selectVariants } from './select.ts';
import { fewRows } from './tile.ts';

type Row = Omit<Variant<AssemblyTarget>, 'kind' | 'fits'>;

/** Whether an extent is known to be at most so much. */
function isAtMost(extent: Extent, most: number): boolean {
  const fixed = fixedExtent(extent);
  return fixed !== undefined && fixed <= most;
}

function contract(row: Row, fits: (kernel: Extract<Kernel, { kind: 'contract' }>) => boolean): Variant<AssemblyTarget> {
  return { kind: 'contract', fits: (kernel) => kernel.kind === 'contract' && fits(kernel), ...row };
}

function attention(
  row: Row,
  fits: (kernel: Extract<Kernel, { kind: 'attention' }>) => boolean,
): Variant<AssemblyTarget> {
  return { kind: 'attention', fits: (kernel) => kernel.kind === 'attention' && fits(kernel), ...row };
}

function stream(row: Row, fits: (kernel: Extract<Kernel, { kind: 'stream' }>) => boolean): Variant<AssemblyTarget> {
  return { kind: 'stream', fits: (kernel) => kernel.kind === 'stream' && fits(kernel), ...row };
}

/** Blocks of m are multiples of 12 and blocks of n of 16, so that they are whole register tiles in every build. */
const contractVariants: readonly Variant<AssemblyTarget>[] = [
  contract(
    {
      name: 'few',
      parameters: { blockM: 12, blockN: 64 },
      reason: 'up to 3 rows: only reading the right operand counts, and small blocks of it share out evenly',
    },
    ({ m }) => isAtMost(m.extent, fewRows),
  ),
  contract(
    {
      name: 'small',
      parameters: { blockM: 48, blockN: 48 },
      reason: 'few results (at most 96 × 192): small blocks give every thread some',
    },
    ({ m, n }) => {
      const [rows, columns] = [fixedExtent(m.extent), fixedExtent(n.extent)];
      return rows !== undefined && columns !== undefined && rows * columns <= 96 * 192;
    },
  ),
  contract(
    {
      name: 'tall',
      parameters: { blockM: 192, blockN: 96 },
      reason: 'a right operand that is packed on the way, for many results: twice the rows share each packing of it',
    },
    ({ m, n, packed }) => {
      const [rows, columns] = [fixedExtent(m.extent), fixedExtent(n.extent)];
      return packed === undefined && columns !== undefined && columns <= 1024 && (rows ?? 1024) * columns >= 512 * 192;
    },
  ),
  contract(
    {
      name: 'narrow',
      parameters: { blockM: 96, blockN: 96 },
      reason: 'up to 1024 columns: twice the tiles of `blocked`, so that threads end together; as fast on one thread',
    },
    ({ n }) => isAtMost(n.extent, 1024),
  ),
  contract(
    {
      name: 'blocked',
      parameters: { blockM: 96, blockN: 192 },
      reason: '96 rows of left by 768 of depth and 96 × 192 results are 360 KiB: they stay in the second-level cache',
    },
    () => true,
  ),
];

const attentionVariants: readonly Variant<AssemblyTarget>[] = [
  attention(
    {
      name: 'short',
      parameters: { blockQueries: 24, blockKeys: 128 },
      reason: 'batch × heads known to be at most 4: short blocks of queries give every thread some',
    },
    ({ batch, head }) => (fixedExtent(batch.extent) ?? 5) * (fixedExtent(head.extent) ?? 5) <= 4,
  ),
  attention(
    {
      name: 'flash',
      parameters: { blockQueries: 96, blockKeys: 128 },
      reason: '96 × 128 scores are 48 KiB: they stay in the second-level cache between their two products',
    },
    () => true,
  ),
];

const streamVariants: readonly Variant<AssemblyTarget>[] = [
  stream(
    {
      name: 'short',
      parameters: { blockRows: 24, blockColumns: 128 },
      reason: 'batch known to be at most 4 and rows at most 384: short blocks of rows give every thread some',
    },
    ({ batch, row }) =>
      isAtMost(productOfExtents(batch.map(({ extent }) => extent)), 4) && isAtMost(row.extent, 4 * 96),
  ),
  stream(
    {
      name: 'deep',
      parameters: { blockRows: 48, blockColumns: 128 },
      reason: 'more than 1024 floats a row, of left operands and sums: half the rows stay in the second-level cache',
    },
    ({ scores, width }) => {
      const along = [...scores.map(({ depth }) => depth), ...(width ? [width] : [])];
      return along.reduce((sum, { extent }) => sum + (fixedExtent(extent) ?? 0), 0) > 1024;
    },
  ),
  stream(
    {
      name: 'blocked',
      parameters: { blockRows: 96, blockColumns: 128 },
      reason: 'the blocks of attention, with up to two blocks of scores; all stay in the second-level cache',
    },
    () => true,
  ),
];

export const assemblyVariants: readonly Variant<AssemblyTarget>[] = [
  ...mapVariants,
  ...rowVariants,
  ...selectVariants,
  ...contractVariants,
  ...attentionVariants,
  ...streamVariants,
];
