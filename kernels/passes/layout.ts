/** layout: lays the weights of products out in panels, once, when they are loaded. */
import { fixedExtent } from '../../dsl/extent.ts';
import { linearForm, read, strideOf } from '../../dsl/scalar.ts';
import type { BufferDeclaration, ContractKernel, Kernel, Layout, Step } from '../ir.ts';
import { halvesOf } from '../layout.ts';
import { buffersOf } from '../operands.ts';

/** The panels that a product's right operand can be read from, or undefined when it is no weight of fixed size. */
function panelsOf(
  kernel: ContractKernel,
  buffers: ReadonlyMap<string, BufferDeclaration>,
  width: number,
): Layout | undefined {
  const { right, batch, n, k } = kernel;
  if (right.kind !== 'read' || fixedExtent(batch.extent) !== 1) return undefined;
  const declaration = buffers.get(right.buffer)!;
  const [strideN, strideK] = [strideOf(right.offset, n), strideOf(right.offset, k)].map(
    (stride) => stride && fixedExtent(stride),
  );
  const [columns, depth] = [n, k].map(({ extent }) => fixedExtent(extent));
  const starts = fixedExtent(linearForm(right.offset).constant);
  if (declaration.role !== 'parameter' || !columns || !depth || !strideN || !strideK || starts !== 0) return undefined;
  return { kind: 'panels', width, columns, depth, strideN, strideK, halves: halvesOf(declaration.dtype) };
}

/** @param panelWidth columns of a panel, or undefined where weights are best left as they are. */
export function layout(step: Step, panelWidth: number | undefined): Step {
  if (panelWidth === undefined) return step;
  const buffers = new Map(step.buffers.map((declaration) => [declaration.name, declaration]));
  const kernels = step.kernels.map((kernel): Kernel => {
    if (kernel.kind !== 'contract') return kernel;
    const panels = panelsOf(kernel, buffers, panelWidth);
    if (!panels || kernel.right.kind !== 'read') return kernel;
    const plain = buffers.get(kernel.right.buffer)!;
    const name = `${plain.name}_panels`;
    const known = buffers.get(name);
    if (known && JSON.stringify(known.layout) !== JSON.stringify(panels)) return kernel;
    buffers.set(name, { ...plain, name, layout: panels });
    return { ...kernel, right: read(name, kernel.right.offset), packed: { buffer: name, width: panelWidth } };
  });
  const used = new Set(kernels.flatMap(buffersOf));
  return {
    ...step,
    kernels,
    buffers: [...buffers.values()].filter(({ name, role }) => used.has(name) || role === 'input'),
  };
}
