/** Prints how an operand of a product is brought from memory into scratch: as panels for the register tile, or as plain rows. */
import { fixedExtent } from '../../dsl/extent.ts';
import { type Axis, apply, dependsOn, type Scalar, strideOf, substitute, whole, within } from '../../dsl/scalar.ts';
import { type Access, accessOf, type Operand, ofIndex } from './access.ts';
import type { Emitter } from './emitter.ts';
import { scalarMode, vector } from './mode.ts';

/** A block of an operand, in words of the printed function: `count` indices from `first`, `depth` steps from `start`. */
export interface Block {
  readonly first: string;
  readonly count: string;
  /** `count` is never more than this, where that is known. */
  readonly most?: number;
  readonly start: string;
  readonly depth: string;
}

/** Where an operand's intermediate forms go: names of addresses in scratch. */
export interface Workspace {
  /** `width` rows of a block's depth, f32. */
  readonly stage: string;
  /** Byte offsets, one for each step of a block's depth, i32. */
  readonly table: string;
}

export interface SourceOperand extends Operand {
  readonly access: Access;
}

export function sourceOperand(emitter: Emitter, operand: Operand): SourceOperand {
  const value = operand.value.type === 'f32' ? operand.value : apply('toFloat', operand.value);
  emitter.count(value);
  return { ...operand, value, access: accessOf({ ...operand, value }, (buffer) => emitter.declaration(buffer).dtype) };
}

/** Declares an axis's value as a local of its name. */
export function defineAxis(emitter: Emitter, axis: Axis, text: string): void {
  const name = emitter.axisName(axis);
  emitter.line(`const ${name} = ${text};`);
  emitter.define(axis, name);
}

/** `a + b`, without what is 0. */
const sumText = (a: string, b: string): string => (a === '0' ? b : `${a} + ${b}`);

/** Whether packing needs rows in `stage` first. */
export function needsStage({ access, value, index, depth }: SourceOperand): boolean {
  return access.kind === 'separable' || (access.kind === 'expression' && !runsAlongIndex(value, index, depth));
}

export function needsTable({ access }: SourceOperand): boolean {
  return access.kind === 'separable' && access.run !== 0;
}

/** Whether it lies in memory such that few rows can be multiplied with it in place (streaming.ts). */
export function isStreamable({ access }: SourceOperand): boolean {
  return access.kind === 'rows' || access.kind === 'columns';
}

/** The byte address of the element at the block's first index and step. */
export function printAddress(emitter: Emitter, operand: SourceOperand, block: Block): string {
  if (operand.access.kind === 'expression') throw new Error('an expression has no address');
  const { buffer, offset } = operand.access.read;
  return printPlace(
    emitter,
    buffer,
    offset,
    new Map([
      [operand.index, block.first],
      [operand.depth, block.start],
    ]),
  );
}

/** Binds the address of a buffer's element, for given values of axes (numbers or names), in the current scope. */
function printPlace(emitter: Emitter, buffer: string, at: Scalar, axes: ReadonlyMap<Axis, string>): string {
  const name = emitter.name(`${buffer}_from`);
  const isNumber = (text: string): boolean => /^\d+$/.test(text);
  const numbers = [...axes].filter(([, text]) => isNumber(text));
  const offset = substitute(at, new Map(numbers.map(([axis, text]) => [axis.key, whole(Number(text))])));
  emitter.scope(() => {
    for (const [axis, text] of axes) if (!isNumber(text)) emitter.define(axis, text);
    emitter.line(`const ${name}: usize = ${emitter.place(buffer, offset).address};`);
  });
  return name;
}

/** Bytes between neighbouring rows or steps of depth of a streamable operand. */
export function printStride(emitter: Emitter, { access }: SourceOperand): string {
  if (access.kind !== 'rows' && access.kind !== 'columns') throw new Error(`${access.kind} has no stride`);
  const fixed = fixedExtent(access.stride);
  return fixed === undefined ? `${emitter.extent(access.stride)} << 2` : `${fixed * 4}`;
}

/** Fills the table of a separable operand for the block's steps; nothing for others. */
export function printTable(emitter: Emitter, operand: SourceOperand, block: Block, { table }: Workspace): void {
  const { access } = operand;
  if (access.kind !== 'separable' || access.run === 0) return;
  const i = emitter.name('i');
  const step = access.run === 1 ? `${i}++` : `${i} += ${access.run}`;
  emitter.block(`for (let ${i} = 0; ${i} < ${block.depth}; ${step})`, () => {
    defineAxis(emitter, operand.depth, sumText(block.start, i));
    emitter.line(`store<i32>(${table} + (${i} << 2), ${emitter.operand(access.ofDepth)} << 2);`);
  });
}

/** The block as panels of `width` from `to` on. `printTable` has been called for the same steps. */
export function printPanels(
  emitter: Emitter,
  operand: SourceOperand,
  block: Block,
  to: string,
  width: number,
  workspace: Workspace,
): void {
  const { access, value, index, depth } = operand;
  if (access.kind === 'rows' || access.kind === 'columns') {
    const from = printAddress(emitter, operand, block);
    const pack = emitter.use(access.kind === 'rows' ? 'packRows' : 'packColumns');
    emitter.line(
      `${pack}(${to}, ${from}, ${block.count}, ${block.depth}, ${printStride(emitter, operand)}, ${width});`,
    );
    return;
  }
  printGroups(emitter, block, to, width, (group, place) => {
    if (access.kind === 'expression' && runsAlongIndex(value, index, depth)) {
      printSteps(emitter, operand, group, place, width);
      return;
    }
    printRows(emitter, operand, group, workspace.stage, workspace);
    emitter.line(
      `${emitter.use('packRows')}(${place}, ${workspace.stage}, ${group.count}, ${group.depth}, ${group.depth} << 2, ${width});`,
    );
  });
}

/** Few rows × an operand that stays where it is; `left` and `result` are an address and a stride each. */
export function printStreamed(
  emitter: Emitter,
  right: SourceOperand,
  block: Block,
  rows: string,
  left: string,
  result: string,
): void {
  const from = printAddress(emitter, right, block);
  const multiply = emitter.use(right.access.kind === 'rows' ? 'multiplyDots' : 'multiplyScaledRows');
  emitter.line(
    `${multiply}(${rows}, ${block.count}, ${block.depth}, ${left}, ${from}, ${printStride(emitter, right)}, ${result});`,
  );
}

/** The block, `width` indices at a time. */
function printGroups(
  emitter: Emitter,
  block: Block,
  to: string,
  width: number,
  body: (group: Block, place: string) => void,
): void {
  if ((block.most ?? Number(block.count)) <= width) {
    body(block, to);
    return;
  }
  const g = emitter.name('g');
  emitter.block(`for (let ${g} = 0; ${g} < ${block.count}; ${g} += ${width})`, () => {
    const count = emitter.bind(`min(${width}, ${block.count} - ${g})`, 'group');
    const first = emitter.bind(`${block.first} + ${g}`, 'groupFirst');
    body(
      { ...block, first, count, most: width },
      emitter.bind(`${to} + ((${g} * ${block.depth}) << 2)`, 'groupTo', 'usize'),
    );
  });
}

/** The block as rows that run along depth, one after the other without gaps. */
export function printRows(
  emitter: Emitter,
  operand: SourceOperand,
  block: Block,
  to: string,
  workspace: Workspace,
): void {
  const { access, index } = operand;
  const r = emitter.name('r');
  emitter.block(`for (let ${r} = 0; ${r} < ${block.count}; ${r}++)`, () => {
    defineAxis(emitter, index, sumText(block.first, r));
    const row = emitter.bind(`${to} + ((${r} * ${block.depth}) << 2)`, 'row', 'usize');
    if (access.kind === 'separable' && access.run !== 0) {
      const from = printPlace(emitter, access.read.buffer, ofIndex(access), new Map());
      const gather = emitter.use(access.run === 4 ? 'gatherRuns' : 'gatherRow');
      emitter.line(`${gather}(${row}, ${from}, ${workspace.table}, ${block.depth});`);
    } else if (access.kind === 'rows' || access.kind === 'separable') {
      const from = printPlace(emitter, access.read.buffer, access.read.offset, new Map([[operand.depth, block.start]]));
      emitter.line(`memory.copy(${row}, ${from}, ${block.depth} << 2);`);
    } else {
      printLine(emitter, operand, operand.depth, block.start, block.depth, row);
    }
  });
}

/** The block's steps of depth, each a line along the index, `width` places apart. */
function printSteps(emitter: Emitter, operand: SourceOperand, block: Block, to: string, width: number): void {
  const i = emitter.name('i');
  emitter.block(`for (let ${i} = 0; ${i} < ${block.depth}; ${i}++)`, () => {
    defineAxis(emitter, operand.depth, sumText(block.start, i));
    const line = emitter.bind(`${to} + ${i} * ${width * 4}`, 'line', 'usize');
    printLine(emitter, operand, operand.index, block.first, block.count, line);
  });
}

/** `count` neighbouring values along `axis` from `first` on, four at a time where what is read lies side by side. */
function printLine(
  emitter: Emitter,
  { value }: SourceOperand,
  axis: Axis,
  first: string,
  count: string,
  to: string,
): void {
  const j = emitter.name('j');
  const place = `${to} + (${j} << 2)`;
  const byFours = runsAlong(value, axis);
  if (byFours) {
    emitter.line(`let ${j} = 0;`);
    emitter.block(`for (; ${j} + 4 <= ${count}; ${j} += 4)`, () => {
      defineAxis(emitter, axis, sumText(first, j));
      emitter.line(`v128.store(${place}, ${emitter.value(value, vector(axis))});`);
    });
  }
  emitter.block(`for (${byFours ? '' : `let ${j} = 0`}; ${j} < ${count}; ${j}++)`, () => {
    defineAxis(emitter, axis, sumText(first, j));
    emitter.line(`store<f32>(${place}, ${emitter.value(value, scalarMode)});`);
  });
}

/** Whether everything that is read lies side by side along the index, and not along depth. */
export function runsAlongIndex(value: Scalar, index: Axis, depth: Axis): boolean {
  return !runsAlong(value, depth) && runsAlong(value, index);
}

/** Whether everything that is read lies side by side along the axis, or does not move along it. */
function runsAlong(value: Scalar, axis: Axis): boolean {
  for (const x of within(value)) {
    if (x.kind === 'loop' && dependsOn(x, axis)) return false;
    if (x.kind !== 'read') continue;
    const stride = strideOf(x.offset, axis);
    const moves = stride && fixedExtent(stride);
    if (moves !== 0 && moves !== 1) return false;
  }
  return true;
}
