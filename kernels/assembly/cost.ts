/** What an expression costs, roughly, in operations: how tiles get their size and vectors their worth. */

import { fixedExtent } from '../../dsl/extent.ts';
import type { FunctionName } from '../../dsl/functions.ts';
import { type Axis, dependsOn, type Read, type Scalar, strideOf, within } from '../../dsl/scalar.ts';

/** Functions of maths.ts, and what takes about as long. */
const costs: Partial<Record<FunctionName, number>> = {
  exp: 14,
  log: 24,
  tanh: 18,
  sigmoid: 20,
  erf: 18,
  sin: 22,
  cos: 22,
  div: 3,
  sqrt: 4,
  rsqrt: 6,
};

/** Loops are counted as so many steps. */
const loopSteps = 32;

/** Operations for one point. */
export function costOf(...roots: readonly Scalar[]): number {
  let cost = 0;
  for (const x of within(...roots)) {
    if (x.kind === 'apply') cost += costs[x.name] ?? 1;
    else if (x.kind === 'read') cost++;
    else if (x.kind === 'loop') cost += loopSteps * costOf(x.body);
  }
  return cost;
}

/**
 * Vectors of four a step: two, which the 256-bit build makes one, and four where polynomials are worked out, whose chains of
 * operations then overlap: 20 % and more. One where there are loops, which each vector would repeat.
 */
export function vectorsFor(...roots: readonly Scalar[]): 1 | 2 | 4 {
  const parts = [...within(...roots)];
  if (parts.some((x) => x.kind === 'loop')) return 1;
  return parts.some((x) => x.kind === 'apply' && (costs[x.name] ?? 1) > 10) ? 4 : 2;
}

/** Elements read that differ along the axis, without lying side by side. */
export function scatteredReads(along: Axis, roots: readonly Scalar[]): Read[] {
  return [...within(...roots)].filter(
    (x): x is Read => x.kind === 'read' && dependsOn(x.offset, along) && !isStride(x.offset, along, 1),
  );
}

/** Whether an offset moves by so many elements, for certain, from one index to the next. */
export function isStride(offset: Scalar, along: Axis, elements: number): boolean {
  const stride = strideOf(offset, along);
  return stride !== undefined && fixedExtent(stride) === elements;
}
