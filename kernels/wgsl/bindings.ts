/** Which buffers a kernel touches, as bindings of group 0, and the uniform that holds the step's sizes. */
import { MmgemError } from '../../dsl/errors.ts';
import type { BufferDeclaration, Kernel, Step, WgslTarget } from '../ir.ts';
import { buffersRead } from '../operands.ts';
import { identifier } from './code.ts';

export interface Binding {
  /** By place and use, not by buffer: equal kernels on other buffers have equal code. */
  readonly name: string;
  readonly declaration: BufferDeclaration;
  readonly access: 'read' | 'read_write';
}

/**
 * The kernel's buffers in the order in which they are first read, then those that are only written.
 * @throws MmgemError when a buffer is not declared, or there are more than the device binds.
 */
export function bindingsOf(step: Step, kernel: Kernel, target: WgslTarget): Binding[] {
  const reads = buffersRead(kernel);
  const writes = kernel.writes.map(({ buffer }) => buffer);
  const names = [...new Set([...reads, ...writes])];
  if (names.length > target.maxStorageBuffers) {
    throw new MmgemError(
      `kernel ${kernel.name} uses ${names.length} buffers (${names.join(', ')}), but the device binds ${target.maxStorageBuffers} at most: split the program so that fewer tensors meet in one kernel`,
    );
  }
  return names.map((buffer, index) => {
    const declaration = step.buffers.find(({ name }) => name === buffer);
    if (!declaration)
      throw new MmgemError(`kernel ${kernel.name} uses ${buffer}, which step ${step.name} does not declare`);
    const written = writes.includes(buffer);
    const use = !written ? 'in' : reads.includes(buffer) ? 'state' : 'out';
    return { name: `${use}${index}`, declaration, access: written ? 'read_write' : 'read' };
  });
}

/** What an executor writes into the uniform at binding n, after n storage bindings. */
export interface UniformLayout {
  /** `step.sizes`' names, in that order: field i is the i32 at byte 4 · i. */
  readonly fields: readonly string[];
  /** The fields and what fills them up to a multiple of 16; 0 when there are no sizes, and then no kernel declares the uniform. */
  readonly bytes: number;
}

/**
 * The layout of the sizes' uniform, the same for every kernel of a step: one i32 for each of `step.sizes`, in order, without
 * gaps, then padding to 16 bytes. Nothing else is in it. A kernel takes `workgroup_id.x + workgroup_id.y · num_workgroups.x` as
 * its flat workgroup index and returns at once when that is not below the product of its `workgroups`, so that a grid may be
 * folded into two dimensions with some workgroups to spare.
 */
export function uniformLayout(step: Step): UniformLayout {
  const fields = step.sizes.map(({ name }) => name);
  return { fields, bytes: Math.ceil(fields.length / 4) * 16 };
}

/** The declaration of the uniform, or nothing when the step has no symbolic sizes. */
export function uniformDeclaration(step: Step, binding: number): string {
  const { fields } = uniformLayout(step);
  if (fields.length === 0) return '';
  const members = fields.map((name) => `${identifier(name)}: i32`).join(', ');
  return `struct Sizes { ${members} }\n@group(0) @binding(${binding}) var<uniform> sizes: Sizes;`;
}
