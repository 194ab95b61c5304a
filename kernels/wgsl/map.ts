/** Map kernels: one thread for each point, or for four neighbouring ones. */
import { type Extent, fixedExtent, productOfExtents } from '../../dsl/extent.ts';
import { type Axis, dependsOn } from '../../dsl/scalar.ts';
import type { MapKernel, Write } from '../ir.ts';
import { axisNames, type Body } from './body.ts';
import { atom, type Code, extentCode, infix, integer } from './code.ts';
import { openGrid } from './grid.ts';
import { Lanes } from './lanes.ts';
import { writeAll } from './memory.ts';
import type { Scope } from './scope.ts';

/** Threads take points in their row-major order, so that neighbours read and write neighbouring elements. */
export const printMap: Body<MapKernel> = (shader, kernel, { threads, lanes }) => {
  const total = productOfExtents(kernel.axes.map((axis) => axis.extent));
  let workgroups: ReturnType<typeof openGrid> = [];
  shader.main(threads!, [], (body) => {
    workgroups = openGrid(body, [{ name: 'block', extent: total, per: threads! * lanes! }]);
    const thread = infix('+', infix('*', atom('block'), integer(threads!)), atom('i32(local)'));
    const point = body.let('point', lanes === 1 ? thread : infix('*', thread, integer(lanes!)), { exact: true });
    body.line(`if (${infix('<=', extentCode(total), point).text}) { return; }`);
    bindAxes(body, kernel, point);
    if (lanes === 1) writePoint(body, kernel);
    else body.inline((inner) => writePoint(inner, kernel), new Lanes(kernel.axes.at(-1)!));
  });
  return workgroups;
};

/** Names the index along every axis that a write depends on, from the number of the point. */
function bindAxes(body: Scope, { axes, writes }: MapKernel, point: Code): void {
  const names = axisNames(axes);
  const isUsed = (axis: Axis): boolean =>
    writes.some(({ offset, value }) => dependsOn(offset, axis) || dependsOn(value, axis) || isSpare(offset, axis));
  const real = axes.filter(({ extent }) => fixedExtent(extent) !== 1);
  for (const axis of axes) if (!real.includes(axis)) body.bind(axis, integer(0));
  const [first, ...others] = real;
  let rest = point;
  for (const [i, axis] of [...others.entries()].reverse()) {
    const size = extentCode(axis.extent);
    if (isUsed(axis)) body.bind(axis, body.let(names.get(axis.key)!, infix('%', rest, size), { exact: true }));
    if (i > 0) rest = body.let('rest', infix('/', rest, size));
    else rest = body.let(names.get(first!.key)!, infix('/', rest, size), { exact: true });
  }
  if (first) body.bind(first, rest);
}

/** Whether points that differ along the axis alone would write the same element. */
function isSpare(offset: Write['offset'], axis: Axis): boolean {
  const length: number | undefined = fixedExtent(axis.extent satisfies Extent);
  return length !== 1 && !dependsOn(offset, axis);
}

/** What several points would write, the first of them writes. */
function writePoint(body: Scope, { axes, writes }: MapKernel): void {
  const spare = (write: Write): readonly Axis[] => axes.filter((axis) => isSpare(write.offset, axis));
  for (const write of writes.filter((candidate) => spare(candidate).length > 0)) {
    const first = spare(write).map((axis) => infix('==', body.value(axis), integer(0)));
    const test = first.reduce((all, one) => ({ text: `${all.text} && ${one.text}`, level: 0 }));
    body.block(`if (${test.text})`, (inner) => writeAll(inner, [write]));
  }
  const everywhere = writes.filter((write) => spare(write).length === 0);
  if (everywhere.length > 0) writeAll(body, everywhere);
}
