/** The axes of kernels: how the dimensions of a product or attention become the few axes that a body loops over. */
import type { Dim } from '../../dsl/dim.ts';
import { productOfExtents } from '../../dsl/extent.ts';
import { contractRoles } from '../../dsl/ops/contract.ts';
import { joinIndices, splitIndex } from '../../dsl/ops/movement.ts';
import { streamRoles } from '../../dsl/ops/streamForm.ts';
import type { UpdateAttributes } from '../../dsl/ops/update.ts';
import { type Axis, apply, axis, linearForm, type Scalar, whole } from '../../dsl/scalar.ts';
import type { Tensor } from '../../dsl/tensor.ts';

/** One axis that runs over several dimensions, the last fastest. */
export function axisOver(name: string, dims: readonly Dim[]): Axis {
  return axis(name, productOfExtents(dims.map(({ extent }) => extent)));
}

/** The index of each dimension, by name, when several dimensions share one axis. */
export function indicesOver(over: Scalar, dims: readonly Dim[]): Map<string, Scalar> {
  const indices = splitIndex(over, dims);
  return new Map(dims.map(({ name }, i) => [name, indices[i]!]));
}

/** Whether an offset is a sum of strides times axes. */
export function isLinear(offset: Scalar): boolean {
  return linearForm(offset).terms.every(({ atom }) => atom.kind === 'axis');
}

export interface AnchorAxes {
  readonly axes: Readonly<Record<string, Axis>>;
  /** The anchor's result, one index a dimension. */
  readonly indices: readonly Scalar[];
  /** Indices by dimension name, also of what is summed over. */
  readonly byName: ReadonlyMap<string, Scalar>;
}

/** The axes of a contract node (batch, m, n, k), an attention node (batch, head, query), or a stream (its dimensions). */
export function anchorIndices(anchor: Tensor): AnchorAxes {
  const { kind } = anchor.operator;
  return kind === 'contract'
    ? contractIndices(anchor)
    : kind === 'stream'
      ? streamIndices(anchor)
      : attentionIndices(anchor);
}

function contractIndices(anchor: Tensor): AnchorAxes {
  const roles = contractRoles(anchor);
  const axes = Object.fromEntries(Object.entries(roles).map(([role, dims]) => [role, axisOver(role, dims)]));
  const byName = new Map(Object.entries(roles).flatMap(([role, dims]) => [...indicesOver(axes[role]!, dims)]));
  return { axes, byName, indices: anchor.shape.map(({ name }) => byName.get(name)!) };
}

function attentionIndices(anchor: Tensor): AnchorAxes {
  const names = ['batch', 'head', 'query', 'valueWidth'];
  const indices = anchor.shape.map(({ extent }, i) => axis(names[i]!, extent));
  const byName = new Map(anchor.shape.map(({ name }, i) => [name, indices[i]!]));
  return { axes: Object.fromEntries(indices.map((index) => [index.name, index])), byName, indices };
}

/** A dimension of a stream's batch, told from the parts that a stream has, whatever its name. */
export const batchRole = (name: string): string => `batch ${name}`;

function streamIndices(anchor: Tensor): AnchorAxes {
  const { batch, row, members, column, width } = streamRoles(anchor);
  const axes = {
    ...Object.fromEntries(batch.map(({ name, extent }) => [batchRole(name), axis(`batch_${name}`, extent)])),
    row: axis('row', row.extent),
    member: axisOver('member', members),
    column: axis('column', column.extent),
    ...(width && { width: axis('width', width.extent) }),
  } as Readonly<Record<string, Axis>>;
  const byName = new Map<string, Scalar>([
    ...batch.map(({ name }) => [name, axes[batchRole(name)]!] as const),
    ...indicesOver(axes.member!, members),
    [row.name, axes.row!],
    [column.name, axes.column!],
  ]);
  const indices = anchor.shape.map(({ name }, i) =>
    width && i === anchor.shape.length - 1 ? axes.width! : byName.get(name)!,
  );
  return { axes, byName, indices };
}

/** Where the element of an update's value at `indices` goes in the state. */
export function updateOffset(update: Tensor, indices: readonly Scalar[]): Scalar {
  const { axis, start } = update.attributes as UpdateAttributes;
  return joinIndices(
    indices.map((index, i) => (i === axis ? apply('add', index, whole(start)) : index)),
    update.shape,
  );
}
