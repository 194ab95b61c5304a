/** The ways to print an expression: one number, four neighbours along an axis at once, or one of four such lanes. */
import type { Axis } from '../../dsl/scalar.ts';

export type Mode =
  /** One f32, i32 or bool. */
  | { readonly kind: 'scalar' }
  /** A v128: the values at `axis` + offset … `axis` + offset + 3. Booleans are masks of all ones or all zeros. */
  | { readonly kind: 'vector'; readonly axis: Axis; readonly offset: number }
  /** One number: the value at `axis` + offset. */
  | { readonly kind: 'lane'; readonly axis: Axis; readonly offset: number };

export type VectorMode = Extract<Mode, { kind: 'vector' }>;
export type LaneMode = Extract<Mode, { kind: 'lane' }>;

export const scalarMode: Mode = { kind: 'scalar' };

/** Four lanes from `axis` + offset on. An offset that is a multiple of 4 costs nothing. */
export function vector(axis: Axis, offset = 0): VectorMode {
  return { kind: 'vector', axis, offset };
}

/** The number at `axis` + offset. */
export function lane(axis: Axis, offset: number): LaneMode {
  return { kind: 'lane', axis, offset };
}

/** Under which an expression's name is kept in a scope. */
export function nameKey(key: string, mode: Mode): string {
  return mode.kind === 'scalar' ? key : `${mode.kind} ${mode.axis.key} ${mode.offset} ${key}`;
}
