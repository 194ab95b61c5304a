/**
 * How the left operand of a product comes to the register tile (tile.ts), which reads rows that lie apart as well as panels:
 *
 *   f32 that run along depth   where they are, in builds whose tile is as fast with them; else panels of a tile's rows (packing.ts)
 *   what runs along the index  panels
 *   anything else              rows in scratch, worked out element by element or gathered
 *
 * Reading in place instead of packing gave ViT-B's products 4 to 10 % with 256 bits: a block of rows was packed anew for every block of
 * columns. Attention and streams, whose left operands are short, read in place in every build.
 */
import { type Few, printByRows } from './blocks.ts';
import type { Emitter } from './emitter.ts';
import {
  type Block,
  printAddress,
  printPanels,
  printRows,
  printStride,
  printTable,
  runsAlongIndex,
  type SourceOperand,
  type Workspace,
} from './operand.ts';

/** Texts of addresses and bytes: a register tile that begins at row m begins at `from + m * perRow`. */
export interface LeftRows {
  readonly from: string;
  readonly perRow: string;
  /** From one row of a register tile to the next. */
  readonly apart: string;
  /** From one step of depth to the next. */
  readonly step: string;
  /** Whether they are panels of a tile's rows. */
  readonly packed: boolean;
}

/** Rows that run along depth, `apart` bytes from each other. */
export function plainRows(from: string, apart: string): LeftRows {
  return { from, perRow: apart, apart, step: '4', packed: false };
}

function panelsOf(from: string, depth: string, width: number): LeftRows {
  return { from, perRow: `(${depth} << 2)`, apart: '4', step: `${4 * width}`, packed: true };
}

/** Whether it is f32 rows along depth, which can be read where they are. */
export function runsAlongDepth({ access }: SourceOperand): boolean {
  return access.kind === 'rows';
}

/** A block of the left operand, as rows that run along depth; `to` is room for those that do not lie so. */
export function printLeftRows(
  emitter: Emitter,
  operand: SourceOperand,
  block: Block,
  to: string,
  workspace: Workspace,
): LeftRows {
  if (runsAlongDepth(operand)) return plainRows(printAddress(emitter, operand, block), printStrideOf(emitter, operand));
  printTable(emitter, operand, block, workspace);
  printRows(emitter, operand, block, to, workspace);
  return plainRows(to, `(${block.depth} << 2)`);
}

/** Room for a left operand, and how many rows a panel of it has. */
export interface LeftRoom {
  readonly to: string;
  readonly width: number;
  readonly workspace: Workspace;
}

/** A block of the left operand as panels. */
export function printLeftPanels(
  emitter: Emitter,
  operand: SourceOperand,
  block: Block,
  { to, width, workspace }: LeftRoom,
): LeftRows {
  printPanels(emitter, operand, block, to, width, workspace);
  return panelsOf(to, block.depth, width);
}

/** A block of the left operand for many rows: panels of what runs along the index, else rows. */
export function printLeft(emitter: Emitter, operand: SourceOperand, block: Block, room: LeftRoom): LeftRows {
  const { access, value, index, depth } = operand;
  const alongIndex = access.kind === 'columns' || (access.kind === 'expression' && runsAlongIndex(value, index, depth));
  if (alongIndex) return printLeftPanels(emitter, operand, block, room);
  return printLeftRows(emitter, operand, block, room.to, room.workspace);
}

/** A block of the left operand for a product that streams its right operand when it has few rows, and for one of many rows. */
export interface LeftForms {
  readonly few: LeftRows;
  readonly many: LeftRows;
}

/** Both forms where it may come to either, in the same room. */
export function printLeftForms(
  emitter: Emitter,
  operand: SourceOperand,
  block: Block,
  few: Few,
  room: LeftRoom,
): LeftForms {
  if (runsAlongDepth(operand)) {
    // Before the branch, so that both bodies are in the scope of its address.
    const rows = printLeftRows(emitter, operand, block, room.to, room.workspace);
    return { few: rows, many: rows };
  }
  const forms: { few?: LeftRows; many?: LeftRows } = {};
  printByRows(emitter, few, block.count, {
    few: () => {
      forms.few = printLeftRows(emitter, operand, block, room.to, room.workspace);
    },
    many: () => {
      forms.many = printLeft(emitter, operand, block, room);
    },
  });
  const { few: rows = forms.many, many = rows } = forms;
  return { few: rows!, many: many! };
}

/** A symbolic stride is worked out once, before the loops that use it. */
function printStrideOf(emitter: Emitter, operand: SourceOperand): string {
  const stride = printStride(emitter, operand);
  return /^\d+$/.test(stride) ? stride : emitter.bind(stride, 'apart', 'usize');
}
