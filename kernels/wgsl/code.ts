/** Pieces of WGSL text that know how tightly they bind, so that parentheses stand only where they are needed. */
import { type Extent, fixedExtent } from '../../dsl/extent.ts';

export interface Code {
  readonly text: string;
  readonly level: number;
}

/** Binding strength of WGSL's operators, weakest first. */
export const level = { logic: 0, compare: 1, sum: 2, product: 3, unary: 4, atom: 5 } as const;

export function atom(text: string): Code {
  return { text, level: level.atom };
}

/** Whether the text is one identifier or number, which may stand twice without harm. */
export function isName({ text }: Code): boolean {
  return /^\w+$/.test(text);
}

export function call(name: string, ...args: readonly Code[]): Code {
  return atom(`${name}(${args.map(({ text }) => text).join(', ')})`);
}

/** The text, in parentheses when it binds less tightly than `least`. */
export function bound(code: Code, least: number): string {
  return code.level >= least ? code.text : `(${code.text})`;
}

/** Operators with their own level and the least that their two sides need. */
const infixLevels: Readonly<Record<string, readonly [own: number, left: number, right: number]>> = {
  '+': [level.sum, level.sum, level.product],
  '-': [level.sum, level.sum, level.product],
  '*': [level.product, level.product, level.unary],
  '/': [level.product, level.product, level.unary],
  '%': [level.product, level.product, level.unary],
  '<': [level.compare, level.sum, level.sum],
  '<=': [level.compare, level.sum, level.sum],
  '!=': [level.compare, level.sum, level.sum],
  '==': [level.compare, level.sum, level.sum],
  '&&': [level.logic, level.compare, level.compare],
  '||': [level.logic, level.compare, level.compare],
  // WGSL takes nothing but unary expressions beside these.
  '&': [level.logic, level.unary, level.unary],
  '|': [level.logic, level.unary, level.unary],
  '>>': [level.logic, level.unary, level.unary],
};

export function infix(operator: string, left: Code, right: Code): Code {
  const [own, leastLeft, leastRight] = infixLevels[operator]!;
  return { text: `${bound(left, leastLeft)} ${operator} ${bound(right, leastRight)}`, level: own };
}

export function prefix(operator: '-' | '!', operand: Code): Code {
  return { text: `${operator}${bound(operand, level.atom)}`, level: level.unary };
}

export function integer(value: number): Code {
  return { text: `${value}`, level: value < 0 ? level.unary : level.atom };
}

const largestFloat = 3.4028234663852886e38;

/** A finite f32 in decimal, with the fewest digits that give it back. */
export function finiteFloat(value: number): Code {
  const rounded = Math.fround(value);
  const short = [...Array(9).keys()].map((digits) => Number(rounded.toPrecision(digits + 1)));
  // WGSL takes nothing beyond the largest f32, even if it would round to it.
  const fits = (candidate: number): boolean =>
    Math.fround(candidate) === rounded && Math.abs(candidate) <= largestFloat;
  const text = `${short.find(fits) ?? rounded}`;
  const signed = Object.is(rounded, -0) ? '-0' : text;
  return {
    text: /[.e]/.test(signed) ? signed : `${signed}.0`,
    level: signed.startsWith('-') ? level.unary : level.atom,
  };
}

/** A term of a sum: its text without sign, and whether it is taken off. */
export interface SignedTerm {
  readonly code: Code;
  readonly negative: boolean;
}

/** a + b − c …; 0 when there are no terms. */
export function signedSum(terms: readonly SignedTerm[]): Code {
  const [first, ...others] = [...terms].sort((a, b) => +a.negative - +b.negative);
  if (!first) return integer(0);
  const start = first.negative ? prefix('-', first.code) : first.code;
  return others.reduce((sum, { code, negative }) => infix(negative ? '-' : '+', sum, code), start);
}

/** Names of symbolic sizes as members of `sizes`. */
export function sizeName(symbol: string): string {
  return `sizes.${identifier(symbol)}`;
}

/**
 * A name of the user's as a WGSL identifier. All of WGSL's reserved words but two are lower-case words, so that whatever
 * looks like one gets an underscore.
 */
export function identifier(name: string): string {
  const text = name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=[0-9])|^_+(?=.|$)/, 'n');
  const safe = text.length === 1 || (/[A-Z]/.test(text) && !/^(NULL|Self)$/.test(text));
  return safe ? text : `${text}_`;
}

type ExtentTerm = Extent['terms'][number];

function extentTerm({ coefficient, symbols }: ExtentTerm): SignedTerm {
  const size = Math.abs(coefficient);
  const factors = [
    ...symbols.map((name) => atom(sizeName(name))),
    ...(size === 1 && symbols.length > 0 ? [] : [integer(size)]),
  ];
  return { code: factors.reduce((product, factor) => infix('*', product, factor)), negative: coefficient < 0 };
}

export function extentTerms(e: Extent): SignedTerm[] {
  return e.terms.map(extentTerm);
}

/** The extent as an i32: `sizes.B * sizes.T * 3 + 2`. */
export function extentCode(e: Extent): Code {
  return signedSum(extentTerms(e));
}

/** coefficient × atom with the coefficient's sign taken out where it is a number. */
export function scaledTerm(coefficient: Extent, factor: Code): SignedTerm {
  const fixed = fixedExtent(coefficient);
  if (fixed === undefined) return { code: infix('*', factor, extentCode(coefficient)), negative: false };
  const size = Math.abs(fixed);
  return { code: size === 1 ? factor : infix('*', factor, integer(size)), negative: fixed < 0 };
}

/** ⌈extent / per⌉ as an i32. */
export function tilesCode(e: Extent, per: number): Code {
  const fixed = fixedExtent(e);
  if (fixed !== undefined) return integer(Math.ceil(fixed / per));
  if (per === 1) return extentCode(e);
  return infix('/', infix('+', extentCode(e), integer(per - 1)), integer(per));
}
