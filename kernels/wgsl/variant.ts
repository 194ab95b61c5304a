/** What a variant is: a row of the table in variants.ts, and what choosing among rows goes by. */
import { type Extent, evaluateExtent, isNonNegative, symbolsOf } from '../../dsl/extent.ts';
import type { Kernel, SizeSymbol, Variant, WgslTarget } from '../ir.ts';
import type { Body } from './body.ts';

/** What a choice depends on besides the kernel: the device, and how large sizes may become. */
export interface WgslContext extends WgslTarget {
  readonly sizes: readonly SizeSymbol[];
}

export interface WgslVariant extends Variant<WgslContext> {
  /** Why the kernel cannot be carried out so at all, or undefined when it can. */
  unable(kernel: Kernel, context: WgslContext): string | undefined;
  readonly print: Body<Kernel>;
}

/** One row: what a variant needs, when it is the best choice, and why. */
export interface Row<K extends Kernel> {
  readonly name: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly reason: string;
  readonly print: Body<K>;
  readonly unable?: (kernel: K, context: WgslContext) => string | undefined;
  /** Chosen by itself whenever it is able to, unless this says otherwise. */
  readonly suits?: (kernel: K, context: WgslContext) => boolean;
}

/** The largest value that an extent can take, infinite where a size has no maximum. */
export function largest(e: Extent, { sizes }: WgslContext): number {
  const maxima = Object.fromEntries(sizes.map(({ name, max }) => [name, max ?? Number.POSITIVE_INFINITY]));
  const known = isNonNegative(e) && symbolsOf(e).every((name) => name in maxima);
  return known ? evaluateExtent(e, maxima) : Number.POSITIVE_INFINITY;
}

export function rowsOf<K extends Kernel>(kind: K['kind'], rows: readonly Row<K>[]): WgslVariant[] {
  return rows.map(({ name, parameters, reason, print, unable, suits }) => {
    const why = (kernel: Kernel, context: WgslContext): string | undefined => {
      const threads = parameters.threads ?? 1;
      if (threads > context.maxInvocations)
        return `it needs ${threads} threads in a workgroup, the device runs ${context.maxInvocations}`;
      if (parameters.subgroups === 1 && !context.subgroups) return 'it needs subgroups, which the device does not have';
      if (parameters.f16 === 1 && !context.f16) return 'it needs shader-f16, which the device does not have';
      return unable?.(kernel as K, context);
    };
    return {
      kind,
      name,
      parameters,
      reason,
      print: print as unknown as Body<Kernel>,
      unable: why,
      fits: (kernel, context) =>
        kernel.kind === kind && why(kernel, context) === undefined && (suits?.(kernel as K, context) ?? true),
    };
  });
}
