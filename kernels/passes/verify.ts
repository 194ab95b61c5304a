/** verify: what must be true of every step, whatever made it. Run after each pass in tests, and once before printing. */
import { fixedExtent } from '../../dsl/extent.ts';
import { type Scalar, within } from '../../dsl/scalar.ts';
import type { Kernel, Step } from '../ir.ts';
import { axesOf, buffersOf, buffersRead, operandsOf } from '../operands.ts';

function* problemsOfExpressions(kernel: Kernel): Generator<string> {
  const axes = new Set(axesOf(kernel).map(({ key }) => key));
  const reductions =
    kernel.kind === 'row' ? kernel.reductions.length : kernel.kind === 'stream' ? kernel.scores.length : 0;
  const expressions: Scalar[] = [
    ...operandsOf(kernel),
    ...kernel.writes.flatMap(({ value, offset }) => [value, offset]),
  ];
  const looped = new Set<string>();
  for (const x of within(...expressions)) if (x.kind === 'loop') looped.add(x.axis.key);
  for (const x of within(...expressions)) {
    if (x.kind === 'axis' && !axes.has(x.key) && !looped.has(x.key)) yield `uses ${x.key}, which it does not have`;
    if (x.kind === 'reduction' && x.index >= reductions) yield `uses reduction ${x.index} of ${reductions}`;
    if (x.kind === 'read' && x.offset.type !== 'i32') yield `reads ${x.buffer} at an offset that is ${x.offset.type}`;
  }
  if (kernel.writes.length === 0) yield 'writes nothing';
  for (const { offset, buffer } of kernel.writes)
    if (offset.type !== 'i32') yield `writes ${buffer} at an offset that is ${offset.type}`;
}

function* problems(step: Step): Generator<string> {
  const buffers = new Map(step.buffers.map((declaration) => [declaration.name, declaration]));
  if (buffers.size !== step.buffers.length) yield 'two buffers have one name';
  if (new Set(step.kernels.map(({ name }) => name)).size !== step.kernels.length) yield 'two kernels have one name';
  const written = new Set(
    step.buffers.filter(({ role }) => role !== 'temporary' && role !== 'output').map(({ name }) => name),
  );
  for (const kernel of step.kernels) {
    const at = `kernel ${kernel.name}`;
    for (const name of buffersOf(kernel)) if (!buffers.has(name)) yield `${at}: buffer ${name} is not declared`;
    for (const name of buffersRead(kernel))
      if (!written.has(name)) yield `${at}: reads ${name} before anything has written it`;
    for (const { buffer } of kernel.writes) {
      const role = buffers.get(buffer)?.role;
      if (role === 'input' || role === 'parameter') yield `${at}: writes the ${role} ${buffer}`;
      written.add(buffer);
    }
    for (const problem of problemsOfExpressions(kernel)) yield `${at}: ${problem}`;
  }
  for (const { name, role, size, layout } of step.buffers) {
    if (role === 'output' && !written.has(name)) yield `output ${name} is never written`;
    if (layout.kind === 'panels' && fixedExtent(size) === undefined) yield `${name} is in panels but of no fixed size`;
  }
}

/** @throws Error naming every problem; a step that fails is a fault of the compiler, not of the user. */
export function verifyStep(step: Step): void {
  const found = [...problems(step)];
  if (found.length > 0) throw new Error(`step ${step.name} is malformed:\n  ${found.join('\n  ')}`);
}
