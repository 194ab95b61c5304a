/**
 * The register tile: result[rows, columns] += left[rows, depth] · right[depth, columns], all of it in registers while
 * depth runs. Every product of the engine, attention's two included, ends here.
 *
 *            right panel, `columns` wide            4 × 8 (128-bit)   : 8 accumulators, 2 of right, 1 of left: 11 of 16 registers.
 *            k ▼ ┌────┬────┬────┬────┐              6 × 16 (256-bit)  : pairs of the 24 accumulators and of the 4 of right become
 *                │ b0 │ b1 │ b2 │ b3 │                                  one 256-bit register each: 12 + 2 + 1 of 16. Without
 *  left      ┌───┼────┼────┼────┼────┤                                  pairing the tile spills and is slow, not wrong.
 *  panel,  k │ a │ c0 │ c1 │ c2 │ c3 │ × rows       A multiply-add takes 4 cycles and two start in each: few rows have too few
 *  rows    ▶ └───┴────┴────┴────┴────┘              accumulators to keep them busy, so they take two steps of depth at once.
 *
 * Rows of left lie `apart` bytes from each other and steps of depth `step` bytes, so that they are read where they are or from a
 * panel (packing.ts) alike: a pointer for each row costs nothing beside the multiply-adds.
 *
 * V8's revectorizer (Node 24, `--experimental-wasm-revectorize`) starts from stores at p and p + 16 and follows their
 * operands; a load between the two stores breaks the pair. Hence: all loads of a row of the result, then its stores.
 */
import type { AssemblyTarget } from '../ir.ts';

export interface TileShape {
  readonly rows: number;
  /** Also the width of the panels that weights are packed into. */
  readonly columns: number;
  /** Steps of depth taken at once by a tile of 1, 2, … rows; 1 beyond. Measured: more spills, fewer waits for the multiply-adds. */
  readonly steps: readonly number[];
}

const shapes: Readonly<Record<AssemblyTarget['simd'], TileShape>> = {
  baseline: { rows: 4, columns: 8, steps: [2] },
  relaxed: { rows: 4, columns: 8, steps: [2] },
  wide: { rows: 6, columns: 16, steps: [2, 2, 2] },
};

export function tileShape(target: AssemblyTarget): TileShape {
  return shapes[target.simd];
}

/** Columns of the panels that weights are packed into for this build. */
export function panelWidth(target: AssemblyTarget): number {
  return tileShape(target).columns;
}

/** What the right operand's panel is stored as. */
type PanelStorage = 'f32' | 'bf16';

/**
 * Rows up to which a product is bound by reading its right operand: that is then streamed where it lies (streaming.ts) or
 * widened from bf16 in registers; more rows share one packing or widening of it.
 */
export const fewRows = 3;

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function tileName(rows: number | 'Rows', storage: PanelStorage): string {
  return `multiply${rows}${storage === 'bf16' ? 'Bf16' : ''}`;
}

const leftParameters = 'left: usize, apart: usize, step: usize';

/**
 * Four f32 from the lower or upper bf16 of four words. Two shifts are as fast as one mask here: V8 makes a constant of 256 bits anew
 * wherever it is used.
 */
export function widened(words: string, half: 'lower' | 'upper'): string {
  return half === 'lower' ? `i32x4.shl(${words}, 16)` : `i32x4.shl(i32x4.shr_u(${words}, 16), 16)`;
}

/** The right operand at a step of depth. The halves of a panel of bf16 alternate (`Layout` in ir.ts). */
function loadRight(shape: TileShape, step: number, storage: PanelStorage): string[] {
  const vectors = shape.columns / 4;
  const b = (v: number): string => `const b${step}_${v}`;
  const load = (v: number): string => `v128.load(right, ${step * shape.columns * bytesOf(storage) + v * 16})`;
  if (storage === 'f32') return range(vectors).map((v) => `${b(v)} = ${load(v)};`);
  const half = range(vectors / 2);
  return [
    ...half.map((v) => `const w${step}_${v} = ${load(v)};`),
    ...half.map((v) => `${b(v)} = ${widened(`w${step}_${v}`, 'lower')};`),
    ...half.map((v) => `${b(v + vectors / 2)} = ${widened(`w${step}_${v}`, 'upper')};`),
  ];
}

const bytesOf = (storage: PanelStorage): number => (storage === 'f32' ? 4 : 2);

/** One step of depth, the `step`-th of those taken at once; pointers to left move on. */
function multiplyStep(shape: TileShape, rows: number, step: number, storage: PanelStorage): string[] {
  const vectors = shape.columns / 4;
  const lines = loadRight(shape, step, storage);
  for (const row of range(rows)) {
    lines.push(`${row === 0 ? 'let ' : ''}a${step} = v128.load_splat<f32>(left${row});`);
    for (const v of range(vectors)) {
      const sum = `c${step}_${row}_${v}`;
      lines.push(`${sum} = madd(a${step}, b${step}_${v}, ${sum});`);
    }
  }
  lines.push(
    `${range(rows)
      .map((row) => `left${row} += step`)
      .join(', ')};`,
  );
  return lines;
}

function printTile(shape: TileShape, rows: number, storage: PanelStorage): string {
  const vectors = shape.columns / 4;
  const steps = shape.steps[rows - 1] ?? 1;
  const bytes = bytesOf(storage);
  const indent = (lines: readonly string[], by: string): string[] => lines.map((line) => by + line);
  const advance = (count: number): string => `right += ${count * shape.columns * bytes};`;
  const pointers = range(rows).map((row) => (row === 0 ? 'left0 = left' : `left${row} = left${row - 1} + apart`));
  const lines = [
    `function ${tileName(rows, storage)}(depth: i32, ${leftParameters}, right: usize, result: usize, stride: usize): void {`,
    `  let ${pointers.join(', ')};`,
  ];
  for (const step of range(steps))
    for (const row of range(rows))
      lines.push(
        `  let ${range(vectors)
          .map((v) => `c${step}_${row}_${v} = f32x4.splat(0)`)
          .join(', ')};`,
      );
  lines.push('  let k = 0;');
  if (steps > 1) {
    lines.push(`  for (; k + ${steps} <= depth; k += ${steps}) {`);
    for (const step of range(steps)) lines.push(...indent(multiplyStep(shape, rows, step, storage), '    '));
    lines.push(`    ${advance(steps)}`, '  }');
    for (const step of range(steps).slice(1))
      for (const row of range(rows))
        for (const v of range(vectors))
          lines.push(`  c0_${row}_${v} = f32x4.add(c0_${row}_${v}, c${step}_${row}_${v});`);
  }
  lines.push('  for (; k < depth; k++) {', ...indent(multiplyStep(shape, rows, 0, storage), '    '));
  lines.push(`    ${advance(1)}`, '  }');
  for (const row of range(rows)) {
    lines.push(
      ...range(vectors).map((v) => `  const r${row}_${v} = f32x4.add(v128.load(result, ${v * 16}), c0_${row}_${v});`),
      ...range(vectors).map((v) => `  v128.store(result, r${row}_${v}, ${v * 16});`),
    );
    if (row < rows - 1) lines.push('  result += stride;');
  }
  return [...lines, '}'].join('\n');
}

/** A function that calls the tile for a number of rows up to `most`. */
function printDispatch(most: number, storage: PanelStorage): string {
  const call = (rows: number): string => `${tileName(rows, storage)}(depth, left, apart, step, right, result, stride);`;
  return [
    `/** result[rows, panel] += left[rows, depth] · right[depth, panel] for up to ${most} rows; \`stride\` bytes lie between rows of the result. */`,
    `function ${tileName('Rows', storage)}(rows: i32, depth: i32, ${leftParameters}, right: usize, result: usize, stride: usize): void {`,
    ...range(most - 1).map((i) => `  ${i ? 'else ' : ''}if (rows == ${most - i}) ${call(most - i)}`),
    `  else ${call(1)}`,
    '}',
  ].join('\n');
}

/** The text of every tile of a build, once for a module. */
export function printTiles(target: AssemblyTarget): string {
  const shape = tileShape(target);
  return [
    ...range(shape.rows).map((i) => printTile(shape, i + 1, 'f32')),
    ...range(fewRows).map((i) => printTile(shape, i + 1, 'bf16')),
    printDispatch(shape.rows, 'f32'),
    printDispatch(fewRows, 'bf16'),
  ].join('\n\n');
}
