/** WGSL functions that evaluate an operand at given coordinates, one element or four along an axis. */
import { type Axis, dependsOn, type Scalar } from '../../dsl/scalar.ts';
import type { Write } from '../ir.ts';
import { atom, extentCode, infix } from './code.ts';
import { converted } from './functions.ts';
import { fitsFourLanes, Lanes } from './lanes.ts';
import { writeAll } from './memory.ts';
import type { Scope } from './scope.ts';
import type { Shader } from './shader.ts';

/** A parameter of such a function. */
export interface Coordinate {
  readonly axis: Axis;
  readonly name: string;
  /** Whether it can lie beyond the axis, where operands are 0 and nothing is written. */
  readonly beyond: boolean;
}

export const signatureOf = (coordinates: readonly Coordinate[]): string =>
  coordinates.map(({ name }) => `${name}: i32`).join(', ');

/** Binds the parameters and returns early where one lies beyond its axis. */
export function enter(body: Scope, coordinates: readonly Coordinate[], result: string): void {
  for (const { axis, name } of coordinates) body.bind(axis, atom(name));
  const tests = coordinates
    .filter(({ beyond }) => beyond)
    .map(({ axis, name }) => infix('<=', extentCode(axis.extent), atom(name)).text);
  if (tests.length > 0) body.line(`if (${tests.join(' || ')}) { return${result}; }`);
}

/** `fn name(coordinates) -> f32`: the value there, or 0 beyond. */
export function elementFunction(shader: Shader, name: string, coordinates: readonly Coordinate[], value: Scalar): void {
  shader.function(name, `(${signatureOf(coordinates)}) -> f32`, (body) => {
    enter(body, coordinates, ' 0.0');
    const [code] = body.values([value]);
    body.line(`return ${converted(code!, value.type, 'f32', false).text};`);
  });
}

/**
 * `fn name(coordinates) -> vec4<f32>`: the values there and at the next three along an axis, or 0 beyond. With `byFours` the
 * coordinate along it is a multiple of four and the value fits four lanes; without, four single ones are put together.
 */
export function fourFunction(
  shader: Shader,
  name: string,
  coordinates: readonly Coordinate[],
  value: Scalar,
  along: Axis,
  byFours: boolean,
): void {
  const signature = `(${signatureOf(coordinates)}) -> vec4<f32>`;
  if (!byFours) {
    const single = `${name}One`;
    elementFunction(shader, single, withinAlong(coordinates, along), value);
    const at = coordinates.map(({ axis, name: text }) => (axis.key === along.key ? `${text} + i` : text)).join(', ');
    shader.function(name, signature, (body) => {
      body.line('var four = vec4<f32>();');
      body.line(`${laneLoop(coordinates, along)} { four[i] = ${single}(${at}); }`, 'return four;');
    });
    return;
  }
  const lanes = new Lanes(along);
  const build = (body: Scope): void => {
    enter(body, coordinates, ' vec4<f32>()');
    const [code] = body.values([value]);
    const typed = converted(code!, value.type, 'f32', body.isVector(value));
    body.line(`return ${body.splat(value, typed, 'f32', true).text};`);
  };
  shader.function(name, signature, build, lanes);
}

/** The coordinates when the one along an axis is known to lie within it. */
function withinAlong(coordinates: readonly Coordinate[], along: Axis): Coordinate[] {
  return coordinates.map((one) => (one.axis.key === along.key ? { ...one, beyond: false } : one));
}

/** A loop over the lanes that lie within the axis: a function called four times would be four times the code to compile. */
function laneLoop(coordinates: readonly Coordinate[], along: Axis): string {
  const { name, beyond } = coordinates.find(({ axis }) => axis.key === along.key)!;
  const end = beyond ? `min(4, ${infix('-', extentCode(along.extent), atom(name)).text})` : '4';
  return `for (var i = 0; i < ${end}; i++)`;
}

/** Whether an operand can be read by fours along the axis. */
export function readsByFours(value: Scalar, along: Axis): boolean {
  return dependsOn(value, along) && fitsFourLanes(along, [value]);
}

/** Whether an epilogue, with the accumulator a vector, can work on four elements along the axis. */
export function writesByFours(writes: readonly Write[], along: Axis): boolean {
  return fitsFourLanes(
    along,
    writes.map(({ value }) => value),
    writes.map(({ offset }) => offset),
    { accumulates: true },
  );
}

/**
 * `fn store(coordinates, sums: vec4<f32>)`: the epilogue for four accumulators along an axis, all at once where `byFours`
 * says so, else one by one.
 */
export function storeFunction(
  shader: Shader,
  coordinates: readonly Coordinate[],
  writes: readonly Write[],
  accumulator: Scalar,
  along: Axis,
  byFours: boolean,
): void {
  const signature = `(${signatureOf(coordinates)}, sums: vec4<f32>)`;
  if (byFours) {
    const build = (body: Scope): void => {
      enter(body, coordinates, '');
      body.bind(accumulator, atom('sums'));
      writeAll(body, writes);
    };
    shader.function('store', signature, build, new Lanes(along, { accumulates: true }));
    return;
  }
  storeOneFunction(shader, withinAlong(coordinates, along), writes, accumulator);
  const at = coordinates.map(({ axis, name }) => (axis.key === along.key ? `${name} + i` : name)).join(', ');
  shader.function('store', signature, (body) =>
    body.line(`${laneLoop(coordinates, along)} { storeOne(${at}, sums[i]); }`),
  );
}

/** `fn storeOne(coordinates, sum: f32)`: the epilogue for one accumulator. */
export function storeOneFunction(
  shader: Shader,
  coordinates: readonly Coordinate[],
  writes: readonly Write[],
  accumulator: Scalar,
): void {
  shader.function('storeOne', `(${signatureOf(coordinates)}, sum: f32)`, (body) => {
    enter(body, coordinates, '');
    body.bind(accumulator, atom('sum'));
    writeAll(body, writes);
  });
}

/** Whether tiles of `per` along the axis reach beyond its end. */
export function reachesBeyond({ extent }: Axis, per: number): boolean {
  return extent.terms.some(({ coefficient }) => coefficient % per !== 0);
}
