/**
 * Prints one kernel's function in AssemblyScript.
 *
 * An `Emitter` holds the function's scopes, gives out identifiers, and turns scalar expressions into text: what is
 * used more than once, or does not change in the loop it is used in, becomes a `const` where it belongs; the rest is
 * text within text. Buffers and sizes that the body mentions become parameters, loaded at the function's top:
 *
 *   export function NAME(args: usize, tile: i32, scratch: usize): void
 *
 * `args` points to u32s: the byte addresses of the buffers in order of their first mention, then the values of all the
 * step's size symbols. `scratch` points to the thread's scratch memory, 16-byte aligned. No heap, no runtime: raw loads and stores.
 */
import { type Extent, fixedExtent } from '../../dsl/extent.ts';
import { type Axis, apply, operandsOf, type Scalar, within } from '../../dsl/scalar.ts';
import type { AssemblyTarget, BufferDeclaration, Kernel, Step, Write } from '../ir.ts';
import type { PrintedAssembly, TileCount } from '../printed.ts';
import { type Place, placeOf } from './address.ts';
import { Dependence } from './dependence.ts';
import { extentText, printValue } from './expressions.ts';
import { mathsConstants } from './maths.ts';
import { type Mode, nameKey, scalarMode } from './mode.ts';
import { functionName, Names } from './names.ts';
import { level, type Text, wrap } from './operators.ts';
import { Parameters } from './parameters.ts';
import { Scopes } from './scopes.ts';
import { printStore } from './store.ts';

/** What a kernel is printed for. */
export interface PrintContext {
  readonly step: Step;
  readonly target: AssemblyTarget;
  /** The variant to use for every kernel that it fits, by kernel kind. */
  readonly force?: Readonly<Record<string, string>>;
}

/** A printed function and the helper functions (maths.ts) that it calls. */
export interface PrintedKernel extends PrintedAssembly {
  readonly source: string;
  readonly helpers: readonly string[];
}

/** From text this long on, an expression gets a line and a name of its own. */
const longest = 90;

export class Emitter {
  readonly kernel: Kernel;
  readonly context: PrintContext;
  readonly scopes = new Scopes();
  readonly dependence: Dependence;
  readonly parameters: Parameters;
  readonly #helpers = new Set<string>();
  readonly #names = new Names();
  readonly #uses = new Map<string, number>();

  constructor(kernel: Kernel, context: PrintContext) {
    this.kernel = kernel;
    this.context = context;
    this.dependence = new Dependence(kernel.name, this.scopes);
    this.parameters = new Parameters(kernel, context.step, this.#names);
  }

  // ---------------------------------------------------------------- lines

  line(text: string): void {
    this.scopes.line(text);
  }

  /**
   * `head { … }`. What does not depend on anything defined inside is hoisted out of it; with `guard`, nothing that reads
   * memory is: for branches, and for loops that may run zero times.
   */
  block(head: string, body: () => void, options: { readonly guard?: boolean } = {}): void {
    this.scopes.block(head, body, options.guard ?? false);
  }

  /** Names defined by `body` are forgotten after it, lines stay: to print the same expressions for the next row of a tile. */
  scope(body: () => void): void {
    for (const text of this.scopes.within(false, body)) this.line(text);
  }

  /** `for (let i = from; i < to; i += step) { … }` where `axis` is i. Returns nothing; i is named after the axis. */
  loop(
    axis: Axis,
    from: string,
    to: string,
    body: (index: string) => void,
    options: { readonly step?: number; readonly guard?: boolean } = {},
  ): void {
    const index = this.axisName(axis);
    const advance = (options.step ?? 1) === 1 ? `${index}++` : `${index} += ${options.step}`;
    this.block(
      `for (let ${index} = ${from}; ${index} < ${to}; ${advance})`,
      () => {
        this.define(axis, index);
        body(index);
      },
      options,
    );
  }

  /**
   * `body` while index + step ≤ limit, for an index that the caller has declared and `axis` stands for. Tested at the end: V8 moves
   * out of a loop only what is certain to run, and would otherwise work out in every round what `const`s outside of it hold.
   */
  repeat(
    axis: Axis,
    index: string,
    step: number,
    limit: string,
    body: () => void,
    options: { readonly certain?: boolean; readonly guard?: boolean } = {},
  ): void {
    const more = (start: string): string => (step === 1 ? `${start} < ${limit}` : `${start} + ${step} <= ${limit}`);
    const lines = this.scopes.within(options.guard ?? false, () => {
      this.define(axis, index);
      body();
      this.line(step === 1 ? `${index}++;` : `${index} += ${step};`);
    });
    this.line(options.certain ? 'do {' : `if (${more(index)}) do {`);
    for (const text of lines) this.line(`  ${text}`);
    this.line(`} while (${more(index)});`);
  }

  // ---------------------------------------------------------------- names

  /** A new identifier like `hint`. */
  name(hint: string): string {
    return this.#names.next(hint);
  }

  /** A new identifier for an axis: its name in small letters, so that it differs from the size. */
  axisName({ name }: Axis): string {
    return this.name(name.charAt(0).toLowerCase() + name.slice(1));
  }

  /** Says what an axis, a reduction's value or the accumulator is from here on in this scope: `text` must be an atom. */
  define(leaf: Scalar, text: string, mode: Mode = scalarMode): void {
    this.scopes.define(nameKey(leaf.key, mode), text);
  }

  /** `const name = text;` in the current scope. Returns the name. */
  bind(text: string, hint: string, type?: string): string {
    const name = this.name(hint);
    this.line(`const ${name}${type ? `: ${type}` : ''} = ${text};`);
    return name;
  }

  /** The local that holds a buffer's byte address. */
  buffer(name: string): string {
    return this.parameters.buffer(name);
  }

  declaration(name: string): BufferDeclaration {
    return this.parameters.declaration(name);
  }

  /** An extent's value: a number, a size, or a constant at the function's top. */
  extent(e: Extent): string {
    const fixed = fixedExtent(e);
    if (fixed !== undefined) return `${fixed}`;
    const known = this.scopes.lookup(`extent ${e.key}`);
    if (known) return known;
    const text = extentText(e, (symbol) => this.parameters.size(symbol));
    if (this.#isName(text)) return text;
    return this.scopes.at(this.scopes.root, () => {
      const name = this.bind(
        text,
        text.replaceAll(' * ', '_').replaceAll(' + ', '_plus_').replaceAll(' - ', '_minus_'),
      );
      this.scopes.define(`extent ${e.key}`, name);
      return name;
    });
  }

  #isName(text: string): boolean {
    return /^\w+$/.test(text);
  }

  // ---------------------------------------------------------------- expressions

  /** Tells the emitter what is going to be printed, so that it sees what is used more than once. */
  count(...roots: readonly Scalar[]): void {
    for (const root of roots) this.#uses.set(root.key, (this.#uses.get(root.key) ?? 0) + 1);
    const seen = new Set<string>();
    for (const x of within(...roots)) {
      if (seen.has(x.key)) continue;
      seen.add(x.key);
      for (const operand of operandsOf(x)) this.#uses.set(operand.key, (this.#uses.get(operand.key) ?? 0) + 1);
    }
  }

  isShared(x: Scalar): boolean {
    return (this.#uses.get(x.key) ?? 1) > 1;
  }

  /** An expression as text that may stand as an argument: `f(…, text, …)`, `const a = text;`. */
  value(x: Scalar, mode: Mode = scalarMode): string {
    if (!this.#uses.has(x.key)) this.count(x);
    return printValue(this, x, mode).text;
  }

  /** An expression as text that may stand beside any operator. */
  operand(x: Scalar, mode: Mode = scalarMode): string {
    if (!this.#uses.has(x.key)) this.count(x);
    return wrap(printValue(this, x, mode), level.atom);
  }

  /** An expression as the name of a `const` (or a name or literal that it is anyway). For values that must be known before a store. */
  bound(x: Scalar, mode: Mode = scalarMode, hint = 'value'): string {
    const text = this.value(x, mode);
    return /^[\w.]+$/.test(text) ? text : this.bind(text, hint);
  }

  /** Address and immediate of the element at `offset` (of four side by side, in vector mode): `load<f32>(${place.address}${place.immediate})`. */
  place(buffer: string, offset: Scalar, mode: Mode = scalarMode): Place {
    return placeOf(this, buffer, offset, mode);
  }

  /** c + a · b on vectors, one fused operation where the target has it. */
  madd(a: string, b: string, c: string): string {
    return `${this.use('madd')}(${a}, ${b}, ${c})`;
  }

  /** The name of a local that holds a vector of four equal constants; what V8 makes of literals is in maths.ts. */
  constant(value: number): string {
    const text = Object.is(value, -0) ? '-0.0' : `${value}`;
    if (text === '0') return 'f32x4.splat(0)';
    const key = `constant ${text}`;
    const known = this.scopes.lookup(key);
    if (known) return known;
    return this.scopes.at(this.scopes.root, () => {
      let zero = this.scopes.lookup('zero');
      if (!zero) {
        zero = this.bind('tile >> 31', 'zero');
        this.scopes.define('zero', zero);
      }
      const short = `${Number(value.toPrecision(5))}`;
      const name = this.name(`c${short.replaceAll('-', 'm').replaceAll('.', '_').replaceAll('+', '')}`);
      this.line(`const ${name} = ${this.use('kept')}(${text}, ${zero});`);
      this.scopes.define(key, name);
      return name;
    });
  }

  /** A function of maths.ts on four lanes, with its constants in locals. */
  maths(name: string, argument: string): string {
    const constants = mathsConstants(name).map((constant) => this.constant(constant));
    return `${this.use(`${name}_lanes`)}(${[argument, ...constants].join(', ')})`;
  }

  /** Marks a helper function as called; returns its name. */
  use(helper: string): string {
    this.#helpers.add(helper);
    return helper;
  }

  /**
   * Stores a value: `text` (from `value` in the same mode) goes where the write says, converted to the buffer's type.
   * In vector mode, neighbours that lie side by side are stored at once, others one by one.
   */
  store({ buffer, offset }: Pick<Write, 'buffer' | 'offset'>, text: string, mode: Mode = scalarMode): void {
    printStore(this, buffer, offset, text, mode);
  }

  /** A write's value as its buffer takes it: whole numbers to integer buffers, floats to float buffers. */
  stored({ buffer, value }: Write): Scalar {
    const { dtype } = this.declaration(buffer);
    const whole = dtype === 'i32' || dtype === 'u32';
    if (whole) return value.type === 'i32' ? value : apply('toInt', value);
    return value.type === 'f32' ? value : apply('toFloat', value);
  }

  /** Whether text deserves a line of its own. */
  isLong({ text }: Text): boolean {
    return text.length > longest;
  }

  // ---------------------------------------------------------------- the function

  /** The whole function. Nothing may be printed after this. */
  finish(result: {
    readonly variant: string;
    readonly tiles: readonly TileCount[];
    readonly scratchBytes?: number;
  }): PrintedKernel {
    const source = this.parameters.functionWith(this.scopes.root.lines);
    return {
      kernel: this.kernel.name,
      entry: functionName(this.kernel),
      variant: result.variant,
      tiles: result.tiles,
      buffers: this.parameters.buffers,
      scratchBytes: result.scratchBytes ?? 0,
      source,
      helpers: [...this.#helpers],
    };
  }
}
