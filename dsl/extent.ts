/**
 * Extents: sizes that are numbers, symbols, or sums of products of both.
 *
 * `B * T + 2` is one extent. Extents are immutable, canonical and compared by `key`, so that equal polynomials are
 * equal wherever they came from. Symbols stand for sizes known only when a program runs.
 */

/** coefficient × the product of symbols, which are sorted and may repeat. The constant term has no symbols. */
interface Term {
  readonly coefficient: number;
  readonly symbols: readonly string[];
}

export interface Extent {
  readonly key: string;
  readonly terms: readonly Term[];
}

/** Values of the symbols, by name. */
export type Sizes = Readonly<Record<string, number>>;

export type ExtentLike = Extent | number;

const termKey = (symbols: readonly string[]): string => symbols.join('*');

/** Adds up like terms, drops zeros and sorts, so that equal extents have equal keys. */
function canonical(terms: readonly Term[]): Extent {
  const sums = new Map<string, Term>();
  for (const { coefficient, symbols } of terms) {
    const key = termKey(symbols);
    sums.set(key, { symbols, coefficient: (sums.get(key)?.coefficient ?? 0) + coefficient });
  }
  const kept = [...sums.values()].filter((term) => term.coefficient !== 0);
  kept.sort((a, b) => b.symbols.length - a.symbols.length || (termKey(a.symbols) < termKey(b.symbols) ? -1 : 1));
  const key = kept.map(({ coefficient, symbols }) => [coefficient, ...symbols].join('*')).join('+') || '0';
  return { key, terms: kept };
}

export function extent(value: ExtentLike): Extent {
  return typeof value === 'number' ? canonical([{ coefficient: value, symbols: [] }]) : value;
}

/** The extent that is the value of the symbol `name`. */
export function symbol(name: string): Extent {
  return canonical([{ coefficient: 1, symbols: [name] }]);
}

export function addExtents(a: ExtentLike, b: ExtentLike): Extent {
  return canonical([...extent(a).terms, ...extent(b).terms]);
}

export function multiplyExtents(a: ExtentLike, b: ExtentLike): Extent {
  return canonical(
    extent(a).terms.flatMap((x) =>
      extent(b).terms.map((y) => ({
        coefficient: x.coefficient * y.coefficient,
        symbols: [...x.symbols, ...y.symbols].sort(),
      })),
    ),
  );
}

export function subtractExtents(a: ExtentLike, b: ExtentLike): Extent {
  return addExtents(a, multiplyExtents(b, -1));
}

export function productOfExtents(factors: readonly ExtentLike[]): Extent {
  return factors.reduce<Extent>(multiplyExtents, extent(1));
}

export function equalExtents(a: ExtentLike, b: ExtentLike): boolean {
  return extent(a).key === extent(b).key;
}

/** The number that a fixed extent is, or undefined when a symbol takes part. */
export function fixedExtent(e: ExtentLike): number | undefined {
  const { terms } = extent(e);
  if (terms.length === 0) return 0;
  return terms.length === 1 && terms[0]!.symbols.length === 0 ? terms[0]!.coefficient : undefined;
}

/** What is left of `symbols` when each of `divisor` is taken out once, or undefined if one is missing. */
function withoutSymbols(symbols: readonly string[], divisor: readonly string[]): string[] | undefined {
  const rest = [...symbols];
  for (const name of divisor) {
    const at = rest.indexOf(name);
    if (at < 0) return undefined;
    rest.splice(at, 1);
  }
  return rest;
}

/** a / b when it is exact for every value of the symbols and visible as such; undefined otherwise. */
export function divideExtents(a: ExtentLike, b: ExtentLike): Extent | undefined {
  const [dividend, divisor] = [extent(a), extent(b)];
  if (dividend.terms.length === 0) return dividend;
  if (dividend.key === divisor.key) return extent(1);
  const [only, ...others] = divisor.terms;
  if (!only || others.length > 0) return undefined;
  const quotient: Term[] = [];
  for (const { coefficient, symbols } of dividend.terms) {
    const rest = withoutSymbols(symbols, only.symbols);
    if (!rest || coefficient % only.coefficient !== 0) return undefined;
    quotient.push({ coefficient: coefficient / only.coefficient, symbols: rest });
  }
  return canonical(quotient);
}

/** True when a ≥ 0 whatever non-negative values the symbols take, as far as the signs of its terms show it. */
export function isNonNegative(a: ExtentLike): boolean {
  return extent(a).terms.every((term) => term.coefficient >= 0);
}

/** The value for given symbols. Throws a RangeError that names a missing symbol. */
export function evaluateExtent(e: ExtentLike, sizes: Sizes): number {
  let sum = 0;
  for (const { coefficient, symbols } of extent(e).terms) {
    let product = coefficient;
    for (const name of symbols) {
      const size = sizes[name];
      if (size === undefined) throw new RangeError(`size of ${name} is not known; give one of ${Object.keys(sizes)}`);
      product *= size;
    }
    sum += product;
  }
  return sum;
}

/** Names of the symbols that take part, sorted. */
export function symbolsOf(e: ExtentLike): string[] {
  return [...new Set(extent(e).terms.flatMap((term) => term.symbols))].sort();
}

/** For people: `B·T + 2`. */
export function formatExtent(e: ExtentLike): string {
  const { terms } = extent(e);
  if (terms.length === 0) return '0';
  return terms
    .map(({ coefficient, symbols }, i) => {
      const size = Math.abs(coefficient);
      const product = (size === 1 && symbols.length ? symbols : [size, ...symbols]).join('·');
      return (i === 0 ? (coefficient < 0 ? '−' : '') : coefficient < 0 ? ' − ' : ' + ') + product;
    })
    .join('');
}
