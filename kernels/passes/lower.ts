/** lower: makes a kernel, as data, of every group of a fused graph. */

import { formatShape } from '../../dsl/dim.ts';
import type { StorageType } from '../../dsl/dtype.ts';
import { productOfExtents } from '../../dsl/extent.ts';
import { stateName } from '../../dsl/interpret.ts';
import type { SourceAttributes } from '../../dsl/ops/sources.ts';
import type { Tensor } from '../../dsl/tensor.ts';
import type { BufferDeclaration, Kernel, Role, Step } from '../ir.ts';
import { buffersOf } from '../operands.ts';
import { type FusedGraph, type Group, movedMembers } from './fused-graph.ts';
import { lowerAttention } from './lower-attention.ts';
import { lowerContract } from './lower-contract.ts';
import { lowerMap, lowerUpdate } from './lower-map.ts';
import { lowerRow } from './lower-row.ts';
import { lowerSelect } from './lower-select.ts';
import { lowerStream } from './lower-stream.ts';
import { Names } from './names.ts';
import type { StoredIn } from './reading.ts';

/** What lowering a group needs to know: where tensors lie, and where the result goes. */
export interface Lowering {
  readonly group: Group;
  readonly name: string;
  readonly comment: readonly string[];
  readonly storedIn: StoredIn;
  /** What the kernel stores, its result first, and in which buffers. */
  readonly stores: readonly Store[];
}

export interface Store {
  readonly node: Tensor;
  readonly buffer: string;
}

const lowerings: Readonly<Record<Group['kind'], (lowering: Lowering) => Kernel>> = {
  map: lowerMap,
  row: lowerRow,
  contract: lowerContract,
  attention: lowerAttention,
  stream: lowerStream,
  select: lowerSelect,
  update: lowerUpdate,
};

export function lower({ graph, groups }: FusedGraph): Step {
  const names = new Names();
  const buffers = new Map<string, BufferDeclaration>();
  const storedIn = new Map<string, string | Tensor>();
  const bufferOf = (node: Tensor): string => storedIn.get(node.key) as string;
  const outputs = Object.entries(graph.outputs);
  const made = new Set(
    groups
      .flatMap(({ result, extras }) => [result, ...extras])
      .filter(({ operator }) => operator.kind !== 'update')
      .map(({ key }) => key),
  );

  const declare = (node: Tensor, role: Role, source?: string): string => {
    const declaration = declarationOf(node, role, names.unique(source ?? node.label), source);
    buffers.set(declaration.name, declaration);
    return declaration.name;
  };
  for (const node of graph.nodes) {
    if (node.operator.kind === 'source') {
      storedIn.set(node.key, declare(node, node.operator.name as Role, (node.attributes as SourceAttributes).name));
    } else if (made.has(node.key)) {
      const output = outputs.find(([, { key }]) => key === node.key)?.[0];
      storedIn.set(node.key, declare(node, output === undefined ? 'temporary' : 'output', output));
    }
  }
  aliasUpdates(graph.nodes, storedIn);
  for (const [node, moved] of groups.flatMap(movedMembers)) storedIn.set(node.key, moved);

  const kernelNames = new Names();
  const kernels = groups.map((group) => {
    return lowerings[group.kind]({
      group,
      name: kernelNames.unique(nameOf(group)),
      comment: commentOf(group),
      storedIn,
      stores: [group.result, ...group.extras].map((node) => ({ node, buffer: bufferOf(node) })),
    });
  });
  const copies = outputs.flatMap(([output, node]) => {
    if (made.has(node.key) && buffers.get(bufferOf(node))?.source === output) return [];
    const group: Group = { kind: 'map', anchor: node, members: [node], result: node, extras: [] };
    const target = declare(node, 'output', output);
    return [
      lowerMap({
        group,
        name: kernelNames.unique('copy'),
        comment: [`copy → ${output} ${formatShape(node.shape)}`],
        storedIn,
        stores: [{ node, buffer: target }],
      }),
    ];
  });
  return {
    name: graph.name,
    sizes: graph.sizes,
    buffers: used([...buffers.values()], [...kernels, ...copies]),
    kernels: [...kernels, ...copies],
  };
}

function declarationOf(node: Tensor, role: Role, name: string, source: string | undefined): BufferDeclaration {
  const storage = node.operator.kind === 'source' ? (node.attributes as SourceAttributes).storage : storageOf(node);
  return {
    name,
    role,
    dtype: storage,
    size: productOfExtents(node.shape.map(({ extent }) => extent)),
    layout: { kind: 'plain' },
    shape: formatShape(node.shape),
    ...(source !== undefined && { source }),
  };
}

const storageOf = (node: Tensor): StorageType => (node.type === 'f32' ? 'f32' : 'i32');

/** An updated state lies where the state lies. */
function aliasUpdates(nodes: readonly Tensor[], storedIn: Map<string, string | Tensor>): void {
  const states = new Map<string, string | Tensor>();
  for (const node of nodes) {
    if (node.operator.name === 'state') states.set(stateName(node), storedIn.get(node.key)!);
    if (node.operator.kind === 'update') storedIn.set(node.key, states.get(stateName(node))!);
  }
}

/** Named after what the user called: the anchor's function for products, the last one's for the rest. */
function nameOf({ kind, anchor, result }: Group): string {
  return kind === 'contract' || kind === 'attention' || kind === 'stream' || kind === 'select'
    ? anchor.label
    : result.label;
}

function commentOf({ kind, anchor, members, result }: Group): string[] {
  const labels = [...new Set(members.map(({ label }) => label))].join(', ');
  const operands = anchor.inputs.map(({ shape }) => formatShape(shape)).join(' · ');
  const origins = [...new Set(members.flatMap(({ origin }) => origin ?? []))].join(', ');
  return [`${labels} → ${kind}`, `${operands} → ${formatShape(result.shape)}`, ...(origins ? [origins] : [])];
}

/** The declarations that some kernel reads or writes; an input that nothing reads is still asked for. */
function used(buffers: readonly BufferDeclaration[], kernels: readonly Kernel[]): BufferDeclaration[] {
  const names = new Set(kernels.flatMap(buffersOf));
  return buffers.filter(({ name, role }) => names.has(name) || role === 'input');
}
