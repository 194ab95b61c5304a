/** From the flat index of a workgroup to its coordinates. */
import { type Extent, productOfExtents } from '../../dsl/extent.ts';
import type { TileCount } from '../printed.ts';
import { atom, type Code, infix, integer, level, tilesCode } from './code.ts';
import type { Scope } from './scope.ts';

/** A coordinate of a workgroup in the grid: its name and how many there are. */
export interface GridAxis {
  readonly name: string;
  readonly extent: Extent;
  readonly per: number;
}

/**
 * Lines that find a workgroup's coordinates, the last running fastest, and leave when it is one of those that folding the
 * grid added. Returns the counts for the executor.
 */
export function openGrid(body: Scope, axes: readonly GridAxis[]): TileCount[] {
  const counted = axes.filter(({ extent, per }) => tilesCode(extent, per).text !== '1');
  const counts = counted.map(({ name, extent, per }) => {
    const code = tilesCode(extent, per);
    return code.level === level.atom ? code : body.let(`${name}Count`, code, { exact: true });
  });
  const only = counted.length === 1 ? counted[0]!.name : 'tile';
  body.line(`let ${only} = i32(group.x + group.y * groups.x);`);
  const total = counts.length === 0 ? integer(1) : counts.reduce((product, count) => infix('*', product, count));
  body.line(`if (${infix('<=', total, atom(only)).text}) { return; }`);
  if (counted.length > 1) {
    let rest: Code = atom('tile');
    for (let i = counted.length - 1; i > 0; i--) {
      body.line(`let ${counted[i]!.name} = ${infix('%', rest, counts[i]!).text};`);
      rest = infix('/', rest, counts[i]!);
    }
    body.line(`let ${counted[0]!.name} = ${rest.text};`);
  }
  for (const { name } of axes.filter((axis) => !counted.includes(axis))) body.line(`let ${name} = 0;`);
  return counted.length === 0
    ? [{ extent: productOfExtents([]), per: 1 }]
    : counted.map(({ extent, per }) => ({ extent, per }));
}
