/** Reads and writes of bindings, one element or four at a time, however the buffer is declared. */
import type { Read } from '../../dsl/scalar.ts';
import type { Write } from '../ir.ts';
import { atom, bound, type Code, call, infix, integer, isName, level } from './code.ts';
import { converted } from './functions.ts';
import { prefixes, type Scope } from './scope.ts';

export function readCode(scope: Scope, x: Read): Code {
  const { buffer, offset, type } = x;
  const at = converted(scope.value(offset), offset.type, 'i32', false);
  const vector = scope.isVector(x);
  const code = vector ? readFour(scope, buffer, at) : readOne(scope, buffer, at);
  return converted(code, scope.shader.declared(buffer).representation.arithmetic, type, vector);
}

function readOne(scope: Scope, buffer: string, at: Code): Code {
  const { name, representation, access } = scope.shader.declared(buffer);
  const { read, per } = representation.single;
  if (read.helper) scope.shader.use(read.helper);
  if (per === 1 && access.per === 1) return atom(read.convert(`${name}[${at.text}]`, at.text));
  const index = scope.named(at, 'i').text;
  const part = per === 1 ? `${index} & 3` : `(${index} >> 1u) & 1`;
  const word = access.per === 4 ? `${name}[${index} >> 2u][${part}]` : `${name}[${index} >> 1u]`;
  return atom(read.convert(word, index));
}

function readFour(scope: Scope, buffer: string, at: Code): Code {
  scope.shader.needs.fours.add(buffer);
  const { name, representation, access } = scope.shader.declared(buffer);
  if (access.per !== 4) {
    const index = scope.named(at, 'i');
    const lanes = [0, 1, 2, 3].map((lane) => readOne(scope, buffer, offsetBy(index, lane)));
    return call(`vec4<${representation.arithmetic}>`, ...lanes);
  }
  const { read } = representation.four;
  if (read.helper) scope.shader.use(read.helper);
  return atom(read.convert(`${name}[${bound(at, level.unary)} >> 2u]`, at.text));
}

const offsetBy = (index: Code, lane: number): Code => (lane === 0 ? index : infix('+', index, integer(lane)));

/** Carries out writes after all of their values are known: a kernel does not see what it writes. */
export function writeAll(scope: Scope, writes: readonly Write[]): void {
  const codes = scope.values(writes.flatMap(({ offset, value }) => [offset, value]));
  const settled = (code: Code, prefix: string): Code =>
    writes.length > 1 && !isName(code) ? scope.let(prefix, code) : code;
  const pairs = writes.map(
    ({ value }, i) => [settled(codes[2 * i]!, 'i'), settled(codes[2 * i + 1]!, prefixes[value.type])] as const,
  );
  for (const [i, write] of writes.entries()) writeOut(scope, write, ...pairs[i]!);
}

function writeOut(scope: Scope, { buffer, value }: Write, at: Code, code: Code): void {
  const { arithmetic } = scope.shader.declared(buffer).representation;
  const typed = converted(code, value.type, arithmetic, scope.isVector(value));
  if (scope.lanes) writeFour(scope, buffer, at, scope.splat(value, typed, arithmetic, true));
  else writeOne(scope, buffer, at, typed);
}

function writeOne(scope: Scope, buffer: string, at: Code, value: Code): void {
  scope.shader.needs.singleWrites.add(buffer);
  const { name, representation } = scope.shader.declared(buffer);
  const { write } = representation.single;
  if (!write) throw scope.shader.packedWriteError(buffer);
  if (write.helper) scope.shader.use(write.helper);
  scope.line(`${name}[${at.text}] = ${write.convert(value.text, at.text)};`);
}

function writeFour(scope: Scope, buffer: string, at: Code, value: Code): void {
  scope.shader.needs.fours.add(buffer);
  const { name, representation, access } = scope.shader.declared(buffer);
  if (access.per !== 4 && scope.shader.final) {
    const [index, lanes] = [scope.named(at, 'i'), scope.named(value, 'x')];
    for (const [i, lane] of [...'xyzw'].entries()) {
      writeOne(scope, buffer, offsetBy(index, i), atom(`${lanes.text}.${lane}`));
    }
    return;
  }
  const { write } = representation.four;
  if (write?.helper) scope.shader.use(write.helper);
  scope.line(`${name}[${bound(at, level.unary)} >> 2u] = ${write!.convert(value.text, at.text)};`);
}
