/** A block of WGSL under construction: its lines, what is known by name in it, and texts for expressions. */
import type { ArithmeticType } from '../../dsl/dtype.ts';
import { operandsOf, type Scalar, within } from '../../dsl/scalar.ts';
import { certainOf, countUses } from './certain.ts';
import { atom, type Code, call, finiteFloat, isName, level } from './code.ts';
import { expressionCode } from './expression.ts';
import type { Lanes } from './lanes.ts';
import type { Shader } from './shader.ts';

/** Longer expressions get a name in the middle. */
const longest = 90;

/** What named values begin with. */
export const prefixes: Readonly<Record<ArithmeticType, string>> = { f32: 'x', i32: 'i', bool: 'is' };

export class Scope {
  readonly shader: Shader;
  readonly lanes: Lanes | undefined;
  readonly #parent: Scope | undefined;
  readonly #known = new Map<string, Code>();
  readonly #lines: string[] = [];

  constructor(shader: Shader, parent?: Scope, lanes: Lanes | undefined = parent?.lanes) {
    this.shader = shader;
    this.lanes = lanes;
    this.#parent = parent;
  }

  text(indent: string): string {
    return this.#lines.map((line) => (line ? indent + line : line)).join('\n');
  }

  line(...texts: readonly string[]): void {
    for (const text of texts) this.#lines.push(...text.split('\n'));
  }

  /** `head { … }`, with a scope of its own inside. */
  block(head: string, build: (inner: Scope) => void, lanes?: Lanes): void {
    const inner = new Scope(this.shader, this, lanes ?? this.lanes);
    build(inner);
    this.line(`${head} {`, ...(inner.#lines.length > 0 ? [inner.text('  ')] : []), '}');
  }

  /** ` else { … }` after a block. */
  otherwise(build: (inner: Scope) => void): void {
    this.#lines.pop();
    this.block('} else', build);
  }

  /** The lines of a scope of its own, without braces. */
  inline(build: (inner: Scope) => void, lanes: Lanes): void {
    const inner = new Scope(this.shader, this, lanes);
    build(inner);
    this.line(...inner.#lines);
  }

  /** Names a value; `exact` takes the name as it stands. */
  let(name: string, code: Code, options: { readonly exact?: boolean } = {}): Code {
    const unique = options.exact ? name : this.shader.fresh(name);
    this.line(`let ${unique} = ${code.text};`);
    return atom(unique);
  }

  /** The value under a name, if it is not one already. */
  named(code: Code, prefix: string): Code {
    return isName(code) ? code : this.let(prefix, code);
  }

  /** Says what an expression is called here. */
  bind(x: Scalar, code: Code): void {
    this.#known.set(x.key, code);
  }

  lookup(x: Scalar): Code | undefined {
    return this.#known.get(x.key) ?? this.#parent?.lookup(x);
  }

  /** Whether something bound here or around is called so. */
  hasName(name: string): boolean {
    return [...this.#known.values()].some(({ text }) => text === name) || (this.#parent?.hasName(name) ?? false);
  }

  isVector(x: Scalar): boolean {
    return this.lanes?.isVector(x) ?? false;
  }

  /** `f32`, or `vec4<f32>` where the expression is a vector here. */
  typeOf(x: Scalar): string {
    return this.isVector(x) ? `vec4<${x.type}>` : x.type;
  }

  /** Texts for expressions, after lines that name what they share. */
  values(roots: readonly Scalar[]): Code[] {
    const uses = countUses(roots);
    const certain = certainOf(roots);
    this.nameAll(roots, (x) => certain.has(x.key) && uses.get(x.key)! > 1);
    return roots.map((root) => this.value(root));
  }

  /**
   * Names what the roots are sure to evaluate and what does not change with any of `inner`, so that a loop that runs over
   * `inner` finds it done.
   */
  hoist(roots: readonly Scalar[], inner: readonly Scalar[]): void {
    const certain = certainOf(roots);
    const varies = new Set(inner.map(({ key }) => key));
    const wanted = new Set(roots.map(({ key }) => key));
    for (const x of within(...roots)) {
      const operands = operandsOf(x);
      if (!varies.has(x.key) && !operands.some(({ key }) => varies.has(key))) continue;
      varies.add(x.key);
      for (const operand of operands) wanted.add(operand.key);
    }
    this.nameAll(roots, (x) => certain.has(x.key) && wanted.has(x.key) && !varies.has(x.key));
  }

  /** Names those parts of the roots that are wanted and worth a name. */
  nameAll(roots: readonly Scalar[], wanted: (x: Scalar) => boolean): void {
    for (const x of within(...roots)) {
      if (wanted(x) && !this.lookup(x) && !isLeaf(x)) this.#name(x, this.value(x));
    }
  }

  #name(x: Scalar, code: Code): Code {
    const name = this.named(code, prefixes[x.type]);
    this.bind(x, name);
    return name;
  }

  /** The text of an expression; lines that have to come before it are added. */
  value(x: Scalar): Code {
    const known = this.lookup(x);
    if (known) return known;
    const code = expressionCode(this, x);
    return x.kind === 'apply' && code.text.length > longest ? this.#name(x, code) : code;
  }

  float(value: number): Code {
    const rounded = Math.fround(value);
    if (Number.isFinite(rounded)) return finiteFloat(rounded);
    const bits = Number.isNaN(rounded) ? 'notANumberBits' : 'infinityBits';
    this.shader.use(bits);
    const code = call('bitcast<f32>', atom(bits));
    return rounded < 0 ? { text: `-${code.text}`, level: level.unary } : code;
  }

  /** The value as a vector where it is wanted as one. */
  splat(x: Scalar, code: Code, type: ArithmeticType, vector: boolean): Code {
    return vector && !this.isVector(x) ? call(`vec4<${type}>`, code) : code;
  }
}

/** Not worth a name. */
function isLeaf(x: Scalar): boolean {
  return x.kind === 'linear' ? x.terms.length === 0 : operandsOf(x).length === 0;
}
