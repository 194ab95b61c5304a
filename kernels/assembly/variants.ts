/** The tuned ways to carry out kernels in AssemblyScript; of each kind, the first that fits is used. */
import { fixedExtent } from '../../dsl/extent.ts';
import type { AssemblyTarget, Kernel, Variant } from '../ir.ts';
import { mapVariants } from './map.ts';
import { rowVariants } from './row.ts';
import { selectVariants } from './select.ts';

/** A product known to have few results: larger blocks would leave threads without work. */
function isSmall(kernel: Kernel): boolean {
  if (kernel.kind !== 'contract') return false;
  const [rows, columns] = [kernel.m.extent, kernel.n.extent].map(fixedExtent);
  return rows !== undefined && columns !== undefined && rows * columns <= 96 * 192;
}

const productVariants: readonly Variant<AssemblyTarget>[] = [
  {
    kind: 'contract',
    name: 'small',
    fits: isSmall,
    parameters: { blockM: 48, blockN: 48 },
    reason: 'few results: small blocks give every thread some',
  },
  {
    kind: 'contract',
    name: 'blocked',
    fits: () => true,
    parameters: { blockM: 96, blockN: 192 },
    reason: '96 rows of left by 256 of depth and the 96 × 192 results stay in a core’s second-level cache',
  },
  {
    kind: 'attention',
    name: 'flash',
    fits: () => true,
    parameters: { blockQueries: 96, blockKeys: 128 },
    reason: '96 × 128 scores are 48 KiB: they stay in the second-level cache between their two products',
  },
];

export const assemblyVariants: readonly Variant<AssemblyTarget>[] = [
  ...mapVariants,
  ...rowVariants,
  ...selectVariants,
  ...productVariants,
];
