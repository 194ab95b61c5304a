/** Prints products of rows or panels of left with panels of right, through the register tile (tile.ts). */
import type { Emitter } from './emitter.ts';
import type { LeftRows } from './left.ts';
import { type Block, printPanels, printTable, type SourceOperand, type Workspace } from './operand.ts';
import type { TileShape } from './tile.ts';

/** Names of locals in a product of panels; `stride` is the bytes from one row of the result to the next. */
export interface PanelProduct {
  readonly rows: string;
  readonly depth: string;
  readonly left: LeftRows;
  readonly panel: string;
  readonly result: string;
  readonly stride: number;
}

/** All rows of left × one panel of right, a register tile at a time. */
export function printPanelProduct(emitter: Emitter, tileRows: number, product: PanelProduct): void {
  const { rows, depth, left, panel, result, stride } = product;
  const m = emitter.name('m');
  emitter.block(`for (let ${m} = 0; ${m} < ${rows}; ${m} += ${tileRows})`, () => {
    const { from, perRow, apart, step, packed } = left;
    const multiply = emitter.use(packed ? 'multiplyPanel' : 'multiplyRows');
    const rowsFrom = `${from} + ${m} * ${perRow}${packed ? '' : `, ${apart}, ${step}`}`;
    const operands = `${rowsFrom}, ${panel}, ${result} + ${m} * ${stride}, ${stride}`;
    emitter.line(`${multiply}(min(${tileRows}, ${rows} - ${m}), ${depth}, ${operands});`);
  });
}

/**
 * All rows of left × a block of the right operand, which is packed into `workspace.panel`, a panel at a time. `multiply` is called
 * with the panel's first index and how many it has.
 */
export function printTiledProduct(
  emitter: Emitter,
  shape: TileShape,
  right: SourceOperand,
  block: Block,
  workspace: Workspace & { readonly panel: string },
  { result, ...product }: Omit<PanelProduct, 'depth' | 'panel'>,
  multiply = (panelProduct: PanelProduct, _first: string, _count: string): void =>
    printPanelProduct(emitter, shape.rows, panelProduct),
): void {
  printTable(emitter, right, block, workspace);
  const n = emitter.name('n');
  emitter.block(`for (let ${n} = 0; ${n} < ${block.count}; ${n} += ${shape.columns})`, () => {
    const first = block.first === '0' ? n : emitter.bind(`${block.first} + ${n}`, 'panelFirst');
    const count = emitter.bind(`min(${shape.columns}, ${block.count} - ${n})`, 'panelColumns');
    const { panel } = workspace;
    printPanels(emitter, right, { ...block, first, count, most: shape.columns }, panel, shape.columns, workspace);
    multiply({ ...product, depth: block.depth, panel, result: `${result} + (${n} << 2)` }, first, count);
  });
}
