/** Scalar expressions as text for people: infix, with what is used more than once under a name of its own. */
import { formatExtent } from '../../../../dsl/extent.ts';
import type { FunctionName } from '../../../../dsl/functions.ts';
import { type Linear, operandsOf, type Scalar, within } from '../../../../dsl/scalar.ts';

/** How tightly an operator binds; what binds less stands in parentheses. */
const infix: Readonly<Partial<Record<FunctionName, { readonly sign: string; readonly binds: number }>>> = {
  or: { sign: '∨', binds: 1 },
  and: { sign: '∧', binds: 2 },
  equal: { sign: '=', binds: 3 },
  less: { sign: '<', binds: 3 },
  lessEqual: { sign: '≤', binds: 3 },
  add: { sign: '+', binds: 4 },
  sub: { sign: '−', binds: 4 },
  mul: { sign: '·', binds: 5 },
  div: { sign: '/', binds: 5 },
  quotient: { sign: 'div', binds: 5 },
  remainder: { sign: 'mod', binds: 5 },
};

/** Tighter than every operator. */
const atom = 9;

interface Piece {
  readonly text: string;
  readonly binds: number;
}

/** Writes the expressions of one kernel. */
export class ScalarText {
  readonly #shared: ReadonlySet<string>;
  readonly #names = new Map<string, string>();
  readonly #definitions: string[] = [];

  /** @param roots every expression of the kernel: what several of them use gets a name */
  constructor(roots: readonly Scalar[]) {
    this.#shared = sharedParts(roots);
  }

  text(x: Scalar): string {
    return this.#piece(x).text;
  }

  /** Takes the lines that name shared parts, for those that were written since the last call. */
  takeDefinitions(): string[] {
    return this.#definitions.splice(0);
  }

  #piece(x: Scalar): Piece {
    if (!this.#shared.has(x.key)) return this.#write(x);
    let name = this.#names.get(x.key);
    if (name === undefined) {
      const { text } = this.#write(x);
      name = `v${this.#names.size}`;
      this.#names.set(x.key, name);
      this.#definitions.push(`${name} = ${text}`);
    }
    return { text: name, binds: atom };
  }

  #write(x: Scalar): Piece {
    switch (x.kind) {
      case 'constant':
        return {
          text: x.type === 'bool' ? (x.value ? 'true' : 'false') : `${Number(x.value.toPrecision(9))}`,
          binds: atom,
        };
      case 'axis':
        return { text: x.name, binds: atom };
      case 'linear':
        return this.#linear(x);
      case 'read':
        return { text: `${x.buffer}[${this.text(x.offset)}]`, binds: atom };
      case 'loop': {
        const sign = x.reduce === 'sum' ? 'Σ' : 'max';
        return { text: `${sign}(${x.axis.name} < ${this.text(x.count)}: ${this.text(x.body)})`, binds: atom };
      }
      case 'reduction':
        return { text: `r${x.index}`, binds: atom };
      case 'accumulator':
        return { text: x.type === 'i32' ? 'selected' : 'acc', binds: atom };
      case 'apply':
        return this.#apply(x.name, x.arguments);
    }
  }

  #linear({ constant, terms }: Linear): Piece {
    // The innermost index last, as in row · width + column.
    const outermostFirst = [...terms].sort(
      (a, b) => Number(a.coefficient.key === '1') - Number(b.coefficient.key === '1'),
    );
    const parts = outermostFirst.map(({ coefficient, atom: part }) => {
      const { text, binds } = this.#piece(part);
      if (coefficient.key === '1') return text;
      const factor = formatExtent(coefficient);
      return `${binds < 5 ? `(${text})` : text}·${coefficient.terms.length > 1 ? `(${factor})` : factor}`;
    });
    if (constant.key !== '0' || parts.length === 0) parts.push(formatExtent(constant));
    return { text: parts.join(' + ').replaceAll('+ −', '− '), binds: parts.length > 1 ? 4 : 5 };
  }

  #apply(name: FunctionName, operands: readonly Scalar[]): Piece {
    const operator = infix[name];
    if (!operator) return { text: `${name}(${operands.map((x) => this.text(x)).join(', ')})`, binds: atom };
    const { sign, binds } = operator;
    const [left, right] = operands.map((x) => this.#piece(x)) as [Piece, Piece];
    // a − (b − c) needs its parentheses, (a − b) − c does not.
    const inside = ({ text, binds: own }: Piece, least: number): string => (own < least ? `(${text})` : text);
    const right_ = binds === 4 && sign === '+' ? binds : binds + 1;
    return { text: `${inside(left, binds)} ${sign} ${inside(right, right_)}`, binds };
  }
}

/** Keys of the operators that stand at more than one place. Reads and indices are short enough to repeat. */
function sharedParts(roots: readonly Scalar[]): Set<string> {
  const uses = new Map<string, number>();
  const use = (x: Scalar): void => void uses.set(x.key, (uses.get(x.key) ?? 0) + 1);
  const parts = [...within(...roots)];
  for (const part of parts) operandsOf(part).forEach(use);
  for (const root of roots) use(root);
  const worthAName = parts.filter((part) => part.kind === 'apply' || part.kind === 'loop');
  // Inside a loop the loop's axis has a value: what depends on it cannot stand before the loop.
  const bound = new Set(parts.flatMap((part) => (part.kind === 'loop' ? [part.axis.key] : [])));
  const isFree = (part: Scalar): boolean => [...within(part)].every((x) => x.kind !== 'axis' || !bound.has(x.key));
  return new Set(worthAName.filter((part) => uses.get(part.key)! > 1 && isFree(part)).map(({ key }) => key));
}
