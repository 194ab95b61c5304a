/**
 * Matrix products. One tile of work is one block of the result:
 *
 *                       blockN columns
 *                     ┌───────────────┐            for each block of depth:
 *              blockM │ result, in    │              left  → rows where they are, or brought to scratch once (left.ts)
 *                rows │ scratch, f32  │              right → panels of `columns`, one at a time (weights lie so already)
 *                     └───────────────┘              all rows of left × the right panel → register tile (tile.ts)
 *                                                  then the epilogue: result → writes, two vectors at a time
 *
 * Numbers, measured on Zen 4 (1 MiB L2, 32 KiB L1) with ViT-B's products: a panel of 768 steps × 16 columns is 48 KiB and
 * meets every row of left before the next one is read; 96 × 768 of left are 288 KiB and stay in L2. Depth below that costs 3 %
 * (512) to 10 % (256), above it sums of f32 grow long. How many rows and columns a block has hardly matters on one thread; it
 * decides how many tiles threads share (variants.ts). It does matter where right is packed on the way: then twice the rows share it (`tall`,
 * 576 KiB of left). Blocks are evened out: 197 rows are 66 + 66 + 65, not 96 + 96 + 5.
 *
 * Few rows (decoding, text heads) are bound by reading the right operand. Up to 3 rows go through depth in blocks of 4096, so
 * that panels are read in long runs (twice the speed of 256), and an unpacked right operand is streamed in place (streaming.ts).
 */
import { storageTypes } from '../../dsl/dtype.ts';
import { MmgemError } from '../../dsl/errors.ts';
import type { AssemblyTarget, ContractKernel, Variant } from '../ir.ts';
import { halvesOf } from '../layout.ts';
import { blockLimit, type Few, fewOf, printBlockCount, printByRows, printEvenBlock, ScratchLayout } from './blocks.ts';
import { Emitter, type PrintContext, type PrintedKernel } from './emitter.ts';
import { countWrites, printResults } from './epilogue.ts';
import { type LeftRows, printLeft, printLeftPanels, printLeftRows, runsAlongDepth } from './left.ts';
import {
  type Block,
  defineAxis,
  isStreamable,
  needsStage,
  needsTable,
  printPanels,
  printStreamed,
  printTable,
  type SourceOperand,
  sourceOperand,
  type Workspace,
} from './operand.ts';
import { printPanelProduct } from './panels.ts';
import { fewRows, type PanelStorage, panelSuffix, type TileShape, tileShape } from './tile.ts';

/** Steps of depth between two looks at the result: for many rows, and for up to `fewRows`. */
const depthBlock = { many: 768, few: 4096 };

/** How the right operand is read: as panels packed when it was loaded, or from where it lies. */
type Right = PackedRight | { readonly kind: 'plain'; readonly operand: SourceOperand };

interface PackedRight {
  readonly kind: 'packed';
  readonly buffer: string;
  readonly storage: PanelStorage;
}

/** What is decided before anything is printed. */
interface Plan {
  readonly kernel: ContractKernel;
  readonly shape: TileShape;
  readonly blockM: number;
  readonly blockN: number;
  readonly left: SourceOperand;
  readonly right: Right;
  /** When blocks of depth are long, and an unpacked right operand is streamed. */
  readonly few: Few;
  /** When one register tile has all rows, and so widens 16 bits itself. */
  readonly oneTile: Few;
}

/** Names of locals of the printed function. */
interface Locals extends Workspace {
  readonly rows: string;
  readonly columns: string;
  readonly firstRow: string;
  readonly firstColumn: string;
  readonly result: string;
  readonly left: string;
  readonly right: string;
}

export function printContract(
  kernel: ContractKernel,
  context: PrintContext,
  variant: Variant<AssemblyTarget>,
): PrintedKernel {
  const emitter = new Emitter(kernel, context);
  const plan = planContract(emitter, kernel, variant);
  const [locals, scratchBytes] = printTileOfWork(emitter, plan);
  emitter.line(`memory.fill(${locals.result}, 0, ${locals.rows} * ${plan.blockN * 4});`);
  printDepth(emitter, plan, locals);
  printEpilogue(emitter, plan, locals);
  return emitter.finish({
    variant: variant.name,
    tiles: [
      { extent: kernel.batch.extent, per: 1 },
      { extent: kernel.m.extent, per: plan.blockM },
      { extent: kernel.n.extent, per: plan.blockN },
    ],
    scratchBytes,
  });
}

function planContract(emitter: Emitter, kernel: ContractKernel, { parameters }: Variant<AssemblyTarget>): Plan {
  const shape = tileShape(emitter.context.target);
  const right = planRight(emitter, kernel, shape);
  const longRuns = right.kind === 'packed' || isStreamable(right.operand);
  return {
    kernel,
    shape,
    blockM: blockLimit(kernel.m.extent, parameters.blockM!, shape.rows),
    blockN: blockLimit(kernel.n.extent, parameters.blockN!, shape.columns),
    left: sourceOperand(emitter, { value: kernel.left, index: kernel.m, depth: kernel.k }),
    right,
    few: fewOf(kernel.m.extent, longRuns),
    oneTile: fewOf(kernel.m.extent, true, shape.rows),
  };
}

function planRight(emitter: Emitter, kernel: ContractKernel, shape: TileShape): Right {
  const { packed } = kernel;
  if (!packed)
    return {
      kind: 'plain',
      operand: sourceOperand(emitter, { value: kernel.right, index: kernel.n, depth: kernel.k }),
    };
  const { dtype, layout } = emitter.declaration(packed.buffer);
  if (layout.kind === 'panels' && layout.halves !== halvesOf(dtype))
    throw new MmgemError(
      `kernel ${kernel.name}: ${packed.buffer} is ${dtype}, so the halves of its panels ${halvesOf(dtype) === 'apart' ? 'lie apart' : 'alternate'}`,
    );
  if (packed.width !== shape.columns || dtype === 'i32' || dtype === 'u32') {
    throw new MmgemError(
      `kernel ${kernel.name}: ${packed.buffer} is packed as ${dtype} in panels of ${packed.width}; the ${emitter.context.target.simd} build multiplies floats in panels of ${shape.columns}: lower the graph for this build`,
    );
  }
  return { kind: 'packed', buffer: packed.buffer, storage: dtype };
}

// ---------------------------------------------------------------- which block, and where its parts lie

function printTileOfWork(emitter: Emitter, plan: Plan): [Locals, number] {
  const { kernel, shape, blockM, blockN } = plan;
  const [m, n] = [kernel.m.extent, kernel.n.extent];
  const rowBlocks = emitter.bind(printBlockCount(emitter, m, blockM), 'rowBlocks');
  const columnBlocks = emitter.bind(printBlockCount(emitter, n, blockN), 'columnBlocks');
  const rowBlock = emitter.bind(printEvenBlock(emitter, m, blockM, shape.rows), 'rowBlock');
  const columnBlock = emitter.bind(printEvenBlock(emitter, n, blockN, shape.columns), 'columnBlock');
  defineAxis(emitter, kernel.batch, `tile / (${rowBlocks} * ${columnBlocks})`);
  const firstRow = emitter.bind(`tile % ${rowBlocks} * ${rowBlock}`, 'firstRow');
  const firstColumn = emitter.bind(`tile / ${rowBlocks} % ${columnBlocks} * ${columnBlock}`, 'firstColumn');
  const rows = emitter.bind(`min(${rowBlock}, ${emitter.extent(m)} - ${firstRow})`, 'rows');
  const columns = emitter.bind(`min(${columnBlock}, ${emitter.extent(n)} - ${firstColumn})`, 'columns');
  const scratch = new ScratchLayout(emitter);
  const regions = printRegions(scratch, plan);
  return [{ rows, columns, firstRow, firstColumn, ...regions }, scratch.bytes];
}

type Regions = Pick<Locals, 'result' | 'left' | 'right' | 'stage' | 'table'>;

/** Whether the left operand is read where it is: up to three rows are not worth packing in any build. */
function readsInPlace({ left, shape, few }: Plan): boolean {
  return runsAlongDepth(left) && (shape.inPlace || few === 'always');
}

function printRegions(scratch: ScratchLayout, plan: Plan): Regions {
  const { kernel, shape, blockM, blockN, left, right, few } = plan;
  const many = few === 'always' ? 0 : blockLimit(kernel.k.extent, depthBlock.many, 4);
  const long = few === 'never' ? 0 : blockLimit(kernel.k.extent, depthBlock.few, 4);
  const depth = Math.max(many, long);
  const sources = right.kind === 'plain' ? [left, right.operand] : [left];
  const staged = right.kind === 'plain' && needsStage(right.operand);
  const panel = right.kind === 'plain' || (right.storage !== 'f32' && plan.oneTile !== 'always');
  return {
    result: scratch.region('result', blockM * blockN * 4),
    left: readsInPlace(plan) ? '' : scratch.region('left', Math.max(blockM * many, shape.rows * long) * 4),
    right: panel ? scratch.region('right', shape.columns * many * 4) : '',
    stage: staged ? scratch.region('stage', shape.columns * depth * 4) : '',
    table: sources.some(needsTable) ? scratch.region('table', depth * 4) : '',
  };
}

// ---------------------------------------------------------------- the product

function printDepth(emitter: Emitter, plan: Plan, locals: Locals): void {
  const { kernel, few, right } = plan;
  const extent = kernel.k.extent;
  const block = (limit: number): string => printEvenBlock(emitter, extent, limit, 4);
  const [long, many] = [block(depthBlock.few), block(depthBlock.many)];
  const either = long === many ? long : `${locals.rows} <= ${fewRows} ? ${long} : ${many}`;
  const size = few === 'sometimes' ? either : few === 'always' ? long : many;
  const step = emitter.bind(size, 'depthBlock');
  const start = emitter.name('start');
  const head = `for (let ${start} = 0; ${start} < ${emitter.extent(extent)}; ${start} += ${step})`;
  const body = (): void => {
    const depth = emitter.bind(`min(${step}, ${emitter.extent(extent)} - ${start})`, 'depth');
    const leftBlock: Block = { first: locals.firstRow, count: locals.rows, start, depth };
    printByRows(emitter, right.kind === 'plain' ? few : 'never', locals.rows, {
      few: () => printStream(emitter, plan, locals, leftBlock),
      many: () => printTiles(emitter, plan, locals, leftBlock),
    });
  };
  emitter.block(head, body, { guard: true });
}

/** Few rows × a right operand that stays where it is. */
function printStream(emitter: Emitter, { left, right, blockN }: Plan, locals: Locals, block: Block): void {
  if (right.kind !== 'plain') throw new Error('packed weights are not streamed');
  const { from, apart } = printLeftRows(emitter, left, block, locals.left, locals);
  const columns = { ...block, first: locals.firstColumn, count: locals.columns };
  printStreamed(emitter, right.operand, columns, locals.rows, `${from}, ${apart}`, `${locals.result}, ${blockN * 4}`);
}

/** Rows of left × right panels, a register tile at a time. */
function printTiles(emitter: Emitter, plan: Plan, locals: Locals, block: Block): void {
  const { right, shape } = plan;
  const room = { to: locals.left, width: shape.rows, workspace: locals };
  const packed = runsAlongDepth(plan.left) && !readsInPlace(plan);
  const left = (packed ? printLeftPanels : printLeft)(emitter, plan.left, block, room);
  if (right.kind === 'plain') printTable(emitter, right.operand, block, locals);
  const n = emitter.name('n');
  emitter.block(`for (let ${n} = 0; ${n} < ${locals.columns}; ${n} += ${shape.columns})`, () => {
    if (right.kind === 'packed') printPackedPanel(emitter, plan, right, locals, left, block, n);
    else {
      const first = emitter.bind(`${locals.firstColumn} + ${n}`, 'panelFirst');
      const count = emitter.bind(`min(${shape.columns}, ${locals.columns} - ${n})`, 'panelColumns');
      printPanels(
        emitter,
        right.operand,
        { ...block, first, count, most: shape.columns },
        locals.right,
        shape.columns,
        locals,
      );
      printMultiply(emitter, plan, locals, left, block, n, locals.right);
    }
  });
}

function printMultiply(
  emitter: Emitter,
  { shape, blockN }: Plan,
  { rows, result }: Locals,
  left: LeftRows,
  block: Block,
  n: string,
  panel: string,
): void {
  const product = { rows, depth: block.depth, left, panel, result: `${result} + (${n} << 2)`, stride: blockN * 4 };
  printPanelProduct(emitter, shape.rows, product);
}

/** One panel of packed weights. The rows of one register tile widen 16 bits in registers, more rows share one widening. */
function printPackedPanel(
  emitter: Emitter,
  plan: Plan,
  { buffer, storage }: PackedRight,
  locals: Locals,
  left: LeftRows,
  block: Block,
  n: string,
): void {
  const { kernel, shape, blockN } = plan;
  const { bytes } = storageTypes[storage];
  const offset = `(${locals.firstColumn} + ${n}) * ${emitter.extent(kernel.k.extent)} + ${block.start} * ${shape.columns}`;
  const panel = emitter.bind(`${emitter.buffer(buffer)} + ${bytes} * (${offset})`, 'panel', 'usize');
  if (storage === 'f32') {
    printMultiply(emitter, plan, locals, left, block, n, panel);
    return;
  }
  const { rows, result, right } = locals;
  const body = {
    few: () => {
      const multiply = emitter.use(`multiplyRows${panelSuffix(storage)}`);
      const operands = `${left.from}, ${left.apart}, ${left.step}, ${panel}, ${result} + (${n} << 2), ${blockN * 4}`;
      emitter.line(`${multiply}(${rows}, ${block.depth}, ${operands});`);
    },
    many: () => {
      const widen = emitter.use(`widen${panelSuffix(storage)}`);
      emitter.line(`${widen}(${right}, ${panel}, ${block.depth});`);
      printMultiply(emitter, plan, locals, left, block, n, right);
    },
  };
  printByRows(emitter, plan.oneTile, rows, body, shape.rows);
}

// ---------------------------------------------------------------- the epilogue

function printEpilogue(
  emitter: Emitter,
  { kernel, blockN }: Plan,
  { rows, columns, firstRow, firstColumn, result }: Locals,
): void {
  countWrites(emitter, kernel);
  const end = emitter.bind(`${firstColumn} + ${columns}`, 'lastColumn');
  const r = emitter.name('r');
  emitter.block(`for (let ${r} = 0; ${r} < ${rows}; ${r}++)`, () => {
    defineAxis(emitter, kernel.m, `${firstRow} + ${r}`);
    const row = emitter.bind(`${result} + ${r} * ${blockN * 4} - 4 * ${firstColumn}`, 'row', 'usize');
    printResults(emitter, kernel, { along: kernel.n, from: firstColumn, to: end, address: row });
  });
}
