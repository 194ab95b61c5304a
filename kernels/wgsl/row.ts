/** Row kernels: reductions along one axis by one thread, by a workgroup, or by a few threads for each of many rows. */
import { type Axis, dependsOn, reductionValue } from '../../dsl/scalar.ts';
import type { Reduction, RowKernel, Write } from '../ir.ts';
import type { TileCount } from '../printed.ts';
import type { Body } from './body.ts';
import { atom, type Code, extentCode, infix, integer } from './code.ts';
import { accumulate, identity, largerOf } from './expression.ts';
import { converted } from './functions.ts';
import { openGrid } from './grid.ts';
import { Lanes } from './lanes.ts';
import { writeAll } from './memory.ts';
import { reduceOverGroup, type Team } from './reduce.ts';
import type { Scope } from './scope.ts';

/** How the threads of a workgroup share out rows. */
interface Plan {
  readonly team: Team;
  /** Threads that share a row. */
  readonly slices: number;
  readonly lanes: number;
  /** The number of a thread among those of its row. */
  readonly slice: Code;
}

/** Writes once for every element of a row, and writes once for a row. */
export function splitWrites({ writes, along }: RowKernel): {
  readonly eachElement: Write[];
  readonly eachRow: Write[];
} {
  const eachElement = writes.filter(({ offset }) => dependsOn(offset, along));
  return { eachElement, eachRow: writes.filter((write) => !eachElement.includes(write)) };
}

export const printRow: Body<RowKernel> = (shader, kernel, { threads, rows, lanes, subgroups }) => {
  const slices = threads! / rows!;
  const slice = slices === 1 ? integer(0) : atom(rows === 1 ? 'i32(local)' : `i32(local / ${rows}u)`);
  const plan: Plan = {
    team: { threads: threads!, rows: rows!, subgroups: subgroups === 1 },
    slices,
    lanes: lanes!,
    slice,
  };
  let workgroups: readonly TileCount[] = [];
  shader.main(threads!, subgroups === 1 ? ['subgroup'] : [], (body) => {
    workgroups = openRow(body, kernel.row, plan);
    body.bind(kernel.row, atom('row'));
    for (const pass of passesOf(kernel)) reducePass(body, kernel, pass, plan);
    const { eachElement, eachRow } = splitWrites(kernel);
    const whole = plan.slices > 1 && rows! > 1 ? 'inside' : undefined;
    if (eachRow.length > 0)
      guarded(body, [plan.slices > 1 ? `${slice.text} == 0` : undefined, whole], (inner) => writeAll(inner, eachRow));
    if (eachElement.length > 0) guarded(body, [whole], (inner) => writeElements(inner, kernel, eachElement, plan));
  });
  return workgroups;
};

/** Names the thread's row. Threads beyond the last row leave, or work on that one when the workgroup has to stay together. */
function openRow(body: Scope, { extent }: Axis, { team: { rows }, slices }: Plan): TileCount[] {
  const count = extentCode(extent);
  if (rows === 1) return openGrid(body, [{ name: 'row', extent, per: 1 }]);
  const workgroups = openGrid(body, [{ name: 'block', extent, per: rows }]);
  const own = `block * ${rows} + i32(local${slices === 1 ? '' : ` % ${rows}u`})`;
  if (slices === 1) body.line(`let row = ${own};`, `if (${infix('<=', count, atom('row')).text}) { return; }`);
  else {
    const last = infix('-', count, integer(1));
    body.line(`let inside = ${infix('<', atom(own), count).text};`, `let row = min(${own}, ${last.text});`);
  }
  return workgroups;
}

type Numbered = Reduction & { readonly index: number };

/** Reductions that do not depend on each other go over the row together. */
function passesOf({ reductions }: RowKernel): Numbered[][] {
  const passes: Numbered[][] = [];
  reductions.forEach((reduction, index) => {
    const last = passes.at(-1);
    const joins = last && !last.some((other) => dependsOn(reduction.value, reductionValue(other.index)));
    if (joins) last.push({ ...reduction, index });
    else passes.push([{ ...reduction, index }]);
  });
  return passes;
}

function reducePass(body: Scope, { along }: RowKernel, pass: readonly Numbered[], plan: Plan): void {
  const { team, slices, lanes } = plan;
  const vector = lanes === 4;
  const values = pass.map(({ value }) => value);
  const totals = pass.map(({ reduce }) => atom(body.shader.fresh(reduce === 'sum' ? 'sum' : 'largest')));
  pass.forEach(({ reduce }, i) => {
    body.line(`var ${totals[i]!.text} = ${identity(body, reduce, 'f32', vector).text};`);
  });
  loopAlong(body, along, values, plan, (inner) => {
    const codes = inner.values(values);
    pass.forEach(({ reduce, value }, i) => {
      const typed = converted(codes[i]!, value.type, 'f32', inner.isVector(value));
      const code = inner.splat(value, typed, 'f32', vector);
      accumulate(inner, reduce, 'f32', totals[i]!, code, vector);
    });
  });
  pass.forEach(({ reduce, index }, i) => {
    const own = vector ? foldLanes(body, reduce, totals[i]!) : totals[i]!;
    const total = slices === 1 ? own : reduceOverGroup(body.shader, reduce, own, team);
    body.bind(reductionValue(index), body.let(`reduced${index}`, total, { exact: true }));
  });
}

/** One number from four lanes. */
function foldLanes(body: Scope, reduce: 'sum' | 'max', total: Code): Code {
  const lanes = ['x', 'y', 'z', 'w'].map((lane) => atom(`${total.text}.${lane}`));
  const [a, b, c, d] = lanes as [Code, Code, Code, Code];
  const pair = (left: Code, right: Code): Code =>
    reduce === 'sum' ? infix('+', left, right) : largerOf(body, 'f32', left, right, false);
  return pair(pair(a, b), pair(c, d));
}

function writeElements(body: Scope, { along }: RowKernel, writes: readonly Write[], plan: Plan): void {
  const roots = writes.flatMap(({ offset, value }) => [offset, value]);
  loopAlong(body, along, roots, plan, (inner) => writeAll(inner, writes));
}

/** The thread's part of a row; what does not change along it is worked out before. */
function loopAlong(
  body: Scope,
  along: Axis,
  roots: readonly Parameters<Scope['value']>[0][],
  plan: Plan,
  build: (inner: Scope) => void,
): void {
  body.hoist(roots, [along]);
  const { slice, slices, lanes } = plan;
  const start = lanes === 1 ? slice : infix('*', slice, integer(lanes));
  const step = slices * lanes === 1 ? 'along++' : `along += ${slices * lanes}`;
  const head = `for (var along = ${slices === 1 ? '0' : start.text}; ${infix('<', atom('along'), extentCode(along.extent)).text}; ${step})`;
  body.block(
    head,
    (inner) => {
      inner.bind(along, atom('along'));
      build(inner);
    },
    lanes === 4 ? new Lanes(along) : undefined,
  );
}

/** The lines under a condition, if there is one. */
function guarded(body: Scope, conditions: readonly (string | undefined)[], build: (inner: Scope) => void): void {
  const tests = conditions.filter((test) => test !== undefined);
  if (tests.length === 0) build(body);
  else body.block(`if (${tests.join(' && ')})`, build);
}
