/** Selections along the last dimension. */

import { joinIndices } from '../../dsl/ops/movement.ts';
import type { SelectAttributes } from '../../dsl/ops/select.ts';
import { axis, type Scalar, selectedIndex } from '../../dsl/scalar.ts';
import type { Selection, SelectKernel } from '../ir.ts';
import { axisOver, indicesOver } from './axes.ts';
import type { Lowering } from './lower.ts';
import { Reading } from './reading.ts';

export function lowerSelect({ group: { anchor }, name, comment, storedIn, stores }: Lowering): SelectKernel {
  const attributes = anchor.attributes as SelectAttributes;
  const [x, ...settings] = anchor.inputs;
  const [rows, last] = [x!.shape.slice(0, -1), x!.shape.at(-1)!];
  const [row, along] = [axisOver('row', rows), axis('along', last.extent)];
  const byName = new Map<string, Scalar>([...indicesOver(row, rows), [last.name, along]]);
  const reading = new Reading(storedIn);
  const [temperature, topK, topP, uniform] = settings.map((setting) => reading.named(setting, byName));
  const selection: Selection =
    attributes.op === 'topK'
      ? { op: 'topK', slot: axis('slot', attributes.count) }
      : attributes.op === 'argmax'
        ? { op: 'argmax' }
        : { op: 'sample', temperature: temperature!, topK: topK!, topP: topP!, uniform: uniform! };
  const indices = [...rows.map((d) => byName.get(d.name)!), ...(selection.op === 'topK' ? [selection.slot] : [])];
  const write = { buffer: stores[0]!.buffer, offset: joinIndices(indices, anchor.shape), value: selectedIndex };
  return { kind: 'select', name, comment, row, along, value: reading.named(x!, byName), selection, writes: [write] };
}
