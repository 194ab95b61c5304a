/** Scalar expressions as AssemblyScript: one number, four lanes, or one of four lanes. See mode.ts. */
import { type Extent, extent } from '../../dsl/extent.ts';
import { type Apply, type Linear, linearForm, type Read, type Scalar } from '../../dsl/scalar.ts';
import { linearText, partOf, placeOf } from './address.ts';
import type { Emitter } from './emitter.ts';
import { splat, vectorText } from './lanes.ts';
import { loopText } from './loop.ts';
import { type Mode, nameKey, scalarMode, type VectorMode } from './mode.ts';
import { atom, level, operators, type Text, wrap } from './operators.ts';
import { storagePrinters } from './storage.ts';

/** `B * T + 2`. */
export function extentText(e: Extent, size: (symbol: string) => string): string {
  const terms = e.terms.map(({ coefficient, symbols }) => {
    const factors = symbols.map(size);
    if (coefficient !== 1 || factors.length === 0) factors.push(`${coefficient}`);
    return factors.join(' * ');
  });
  return terms.join(' + ').replaceAll('+ -', '- ') || '0';
}

/** An expression's text in the current scope; consts that it needs are printed here or further out. */
export function printValue(e: Emitter, x: Scalar, mode: Mode): Text {
  if (mode.kind !== 'scalar' && !e.dependence.varies(x, mode)) {
    return mode.kind === 'lane' ? printValue(e, x, scalarMode) : splat(e, x, mode);
  }
  const key = nameKey(x.key, mode);
  const known = e.scopes.lookup(key);
  if (known) return atom(known);
  const literal = literalText(e, x);
  if (literal) return literal;
  const home = e.dependence.home(x, mode);
  const hoisted = home !== e.scopes.current;
  return e.scopes.at(home, () => {
    const text = mode.kind === 'vector' ? atom(vectorText(e, x, mode)) : scalarText(e, x, mode);
    const bind = /[^\w.]/.test(text.text) && (hoisted || e.isLong(text) || (e.isShared(x) && x.kind !== 'axis'));
    if (!bind && !(text.level === level.atom && /^[a-zA-Z_]\w*$/.test(text.text))) return text;
    const name = bind ? e.bind(text.text, nameHint(x)) : text.text;
    e.scopes.define(key, name);
    return atom(name);
  });
}

function nameHint(x: Scalar): string {
  if (x.kind === 'read') return `${x.buffer}_value`;
  if (x.kind === 'apply') return x.name === 'where' ? 'chosen' : x.name;
  return x.kind === 'linear' ? 'index' : 'value';
}

/** Numbers, sizes and products of sizes: never bound to another name. */
function literalText(e: Emitter, x: Scalar): Text | undefined {
  if (x.kind === 'constant') {
    return x.type === 'bool'
      ? atom(x.value ? 'true' : 'false')
      : atom(`f32(${Object.is(x.value, -0) ? '-0.0' : x.value})`);
  }
  if (x.kind !== 'linear' || x.terms.length > 0) return undefined;
  const text = e.extent(x.constant);
  return { text, level: text.startsWith('-') ? level.product : level.atom };
}

// ---------------------------------------------------------------- one number

function scalarText(e: Emitter, x: Scalar, mode: Exclude<Mode, VectorMode>): Text {
  switch (x.kind) {
    case 'linear':
      return wholeText(e, x, mode);
    case 'apply':
      return x.name === 'where' ? choice(e, x, mode) : applied(e, x, mode);
    case 'read':
      return readText(e, x, mode);
    case 'loop':
      return atom(loopText(e, x, mode));
    default:
      return atom(leafText(e, x, mode));
  }
}

/** A linear form; what a loop does not change of it is worked out once, outside. */
function wholeText(e: Emitter, x: Linear, mode: Mode): Text {
  const inner = (part: Scalar): boolean => e.dependence.home(part, mode) === e.scopes.current;
  const outer = partOf(x, (part) => !inner(part), extent(0));
  if (outer.kind !== 'linear' || outer.terms.length === 0) return linearText(e, x, mode);
  const own = linearForm(partOf(x, inner, x.constant));
  const [before, rest] = [printValue(e, outer, mode), linearText(e, own, mode)];
  if (rest.text === '0') return before;
  return rest.text.startsWith('-')
    ? { text: `${wrap(before, level.sum)} - ${rest.text.slice(1)}`, level: level.sum }
    : { text: `${wrap(before, level.sum)} + ${rest.text}`, level: level.sum };
}

/** An axis or an accumulated value in a lane; in scalar mode all of them have been defined and are never asked for here. */
export function leafText(e: Emitter, x: Scalar, mode: Exclude<Mode, VectorMode>): string {
  if (mode.kind === 'lane') {
    const lanes = e.dependence.laneValues(x, mode);
    if (lanes) return `${x.type === 'f32' ? 'f32x4' : 'i32x4'}.extract_lane(${lanes}, ${mode.offset % 4})`;
    if (x.key === mode.axis.key)
      return mode.offset === 0
        ? printValue(e, x, scalarMode).text
        : `(${printValue(e, x, scalarMode).text} + ${mode.offset})`;
  }
  throw new Error(`kernel ${e.kernel.name}: ${x.kind} ${x.key} is used where it has no value`);
}

function applied(e: Emitter, x: Apply, mode: Mode): Text {
  const row = operators[x.name as keyof typeof operators];
  if (row.maths) e.use(`${row.maths}_f32`);
  return row.scalar(
    x.arguments.map((argument) => printValue(e, argument, mode)),
    x.arguments.at(-1)!.type,
  );
}

function readText(e: Emitter, x: Read, mode: Mode): Text {
  const { dtype } = e.declaration(x.buffer);
  const printer = storagePrinters[dtype];
  for (const helper of printer.helpers.load) e.use(helper);
  const { address, immediate } = placeOf(e, x.buffer, x.offset, mode);
  const text = printer.load(`${address}${immediate}`);
  const stored = dtype === 'i32' || dtype === 'u32' ? 'i32' : 'f32';
  if (stored === x.type) return atom(text);
  return x.type === 'bool' ? { text: `${text} != 0`, level: level.comparison } : atom(`${x.type}(${text})`);
}

/** `where`: only the chosen side is evaluated. */
function choice(e: Emitter, x: Apply, mode: Mode): Text {
  const [condition, yes, no] = x.arguments as [Scalar, Scalar, Scalar];
  const test = printValue(e, condition, mode);
  const [a, b] = [side(e, yes, mode), side(e, no, mode)];
  if (a.lines.length === 0 && b.lines.length === 0) {
    const text = `${wrap(test, level.or)} ? ${wrap(a.text, level.or)} : ${wrap(b.text, level.or)}`;
    return { text, level: level.ternary };
  }
  return atom(branches(e, x, test.text, a, b, x.type === 'f32' ? 'f32' : x.type === 'i32' ? 'i32' : 'bool'));
}

export interface Side {
  readonly lines: readonly string[];
  readonly text: Text;
}

export function side(e: Emitter, x: Scalar, mode: Mode): Side {
  let text = atom('');
  const lines = e.scopes.within(true, () => {
    text = printValue(e, x, mode);
  });
  return { lines, text };
}

export function branches(e: Emitter, x: Scalar, test: string, a: Side, b: Side, type: string): string {
  const name = e.name(nameHint(x));
  e.line(
    `let ${name}: ${type};`.replace(
      ';',
      type === 'v128' ? ' = i32x4.splat(0);' : type === 'bool' ? ' = false;' : ' = 0;',
    ),
  );
  const put = (head: string, { lines, text }: Side): void =>
    e.block(head, () => {
      for (const line of lines) e.line(line);
      e.line(`${name} = ${text.text};`);
    });
  put(`if (${test})`, a);
  put('else', b);
  return name;
}
