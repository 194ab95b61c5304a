/** Kernels as data, written for people. */
import { formatExtent } from '../../../../dsl/extent.ts';
import type { Axis } from '../../../../dsl/scalar.ts';
import type { BufferDeclaration, Kernel, Layout, Step } from '../../../../kernels/ir.ts';
import { axesOf, buffersOf, operandsOf } from '../../../../kernels/operands.ts';
import { formatTable } from '../table.ts';
import { ScalarText } from './scalar-text.ts';

/** A step: its sizes, its buffers and its kernels in the order in which they run. */
export function stepText(step: Step): string {
  const sizes = step.sizes.map(({ name, max }) => (max === undefined ? name : `${name} ≤ ${max}`)).join(', ');
  const shapes = new Map(step.buffers.map((buffer) => [buffer.name, buffer]));
  return [
    `step ${step.name}: ${step.kernels.length} kernels, ${step.buffers.length} buffers, sizes ${sizes || 'all fixed'}`,
    buffersText(step.buffers),
    ...step.kernels.map((kernel) => kernelText(kernel, shapes)),
  ].join('\n\n');
}

function buffersText(buffers: readonly BufferDeclaration[]): string {
  return formatTable(
    buffers.map(({ name, role, dtype, shape, layout, source }) => [
      `  ${role}`,
      name,
      `${shape} ${dtype}`,
      layoutText(layout),
      source === undefined || source === name ? '' : source,
    ]),
  );
}

function layoutText(layout: Layout): string {
  return layout.kind === 'plain' ? '' : `in panels of ${layout.width} columns`;
}

/** One kernel: its space, what it computes, where results go. */
export function kernelText(kernel: Kernel, buffers: ReadonlyMap<string, BufferDeclaration>): string {
  const scalars = new ScalarText([
    ...operandsOf(kernel),
    ...kernel.writes.flatMap(({ offset, value }) => [value, offset]),
  ]);
  const lines: string[] = [];
  const add = (line: string): void => void lines.push(...scalars.takeDefinitions(), line);
  for (const [name, text] of operands(kernel, scalars)) add(`${name} = ${text}`);
  for (const { buffer, offset, value } of kernel.writes)
    add(`${buffer}[${scalars.text(offset)}] ← ${scalars.text(value)}`);
  const shapes = buffersOf(kernel).map((name) => `${name}${buffers.get(name)?.shape ?? ''}`);
  return [
    `${kernel.kind} ${kernel.name}`,
    ...kernel.comment.map((line) => `  // ${line}`),
    `  over ${axesOf(kernel).map(axisText).join(', ')}`,
    ...lines.map((line) => `  ${line}`),
    `  buffers ${shapes.join(', ')}`,
  ].join('\n');
}

const axisText = ({ name, extent }: Axis): string => `${name} < ${formatExtent(extent)}`;

/** What a kernel computes before its writes, by the names that the writes use. */
function* operands(kernel: Kernel, scalars: ScalarText): Generator<readonly [name: string, text: string]> {
  switch (kernel.kind) {
    case 'map':
      return;
    case 'row':
      for (const [index, { reduce, value }] of kernel.reductions.entries()) {
        yield [`r${index}`, `${reduce} over ${kernel.along.name} of ${scalars.text(value)}`];
      }
      return;
    case 'contract': {
      yield ['left', scalars.text(kernel.left)];
      const packed = kernel.packed && `${kernel.packed.buffer}, in panels of ${kernel.packed.width} columns`;
      yield ['right', packed ?? scalars.text(kernel.right)];
      yield ['acc', `Σ over ${kernel.k.name} of left · right`];
      return;
    }
    case 'attention': {
      for (const name of ['q', 'k', 'v'] as const) yield [name, scalars.text(kernel[name])];
      if (kernel.keyLength) yield ['length of keys', scalars.text(kernel.keyLength)];
      const causal = kernel.causal ? ', causal' : '';
      yield [
        'acc',
        `softmax over ${kernel.key.name} of ${Number(kernel.scale.toPrecision(6))} · q · k${causal}, times v`,
      ];
      return;
    }
    case 'stream': {
      for (const [index, { depth, left, right }] of kernel.scores.entries()) {
        yield [`left${index}`, scalars.text(left)];
        yield [`right${index}`, scalars.text(right)];
        yield [`r${index}`, `Σ over ${depth.name} of left${index} · right${index}`];
      }
      yield ['weight', scalars.text(kernel.weight)];
      const { member, column, first, end } = kernel;
      const columns = `over ${member.name} and ${column.name} from ${scalars.text(first)} to ${scalars.text(end)}`;
      if (kernel.value) yield ['value', scalars.text(kernel.value)];
      yield ['acc', kernel.value ? `Σ ${columns} of weight · value` : `ln Σ ${columns} of exp(weight)`];
      return;
    }
    case 'select': {
      const { selection, value } = kernel;
      yield ['value', scalars.text(value)];
      if (selection.op === 'sample') {
        for (const name of ['temperature', 'topK', 'topP', 'uniform'] as const)
          yield [name, scalars.text(selection[name])];
      }
      yield ['selected', `${selection.op} over ${kernel.along.name} of value`];
    }
  }
}
