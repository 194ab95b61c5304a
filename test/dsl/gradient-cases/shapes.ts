// What the rows share: inputs of two and three dimensions, and tables of rows.
import type { Dim } from '../../../dsl/index.ts';
import type { Case, Trial } from '../gradient-check.ts';

export type Rows = Readonly<Record<string, Case>>;

export const table = (entries: readonly (readonly [string, Case])[]): Rows => Object.fromEntries(entries);

export const matrix = (t: Trial, name = 'x', low?: number, high?: number) =>
  t.float(name, [t.dim('B', 3), t.dim('T', 4)], low, high);
export const cube = (t: Trial, name = 'x') => t.float(name, [t.dim('B', 2), t.dim('T', 3), t.dim('W', 4)]);

const lengths: Readonly<Record<string, number>> = { B: 3, T: 4, M: 2, N: 5, K: 3, L: 2 };
/** Dimensions by names of one letter. */
export const shapeOf = (t: Trial, names: string): Dim[] => [...names].map((name) => t.dim(name, lengths[name]!));
