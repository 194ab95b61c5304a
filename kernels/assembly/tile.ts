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
 * Left is read as rows, `apart` bytes from each other with steps of depth `step` bytes apart, a pointer for each; or as a panel
 * (packing.ts), through one pointer.
 *
 * V8's revectorizer (Node 24, `--experimental-wasm-revectorize`) starts from stores at p and p + 16 and follows their
 * operands; a load between the two stores breaks the pair. Hence: all loads of a row of the result, then its stores.
 */
import { storageTypes } from '../../dsl/dtype.ts';
import type { AssemblyTarget } from '../ir.ts';

export interface TileShape {
  readonly rows: number;
  /** Also the width of the panels that weights are packed into. */
  readonly columns: number;
  /**
   * Whether rows of left are best read where they lie. The 128-bit tile has so few multiply-adds a step that moving a pointer for each
   * row shows (5 to 9 %, Node 20): it is faster with panels, whose rows lie at fixed offsets from one pointer.
   */
  readonly inPlace: boolean;
  /** Steps of depth taken at once by a tile of 1, 2, … rows; 1 beyond. Measured: more spills, fewer waits for the multiply-adds. */
  readonly steps: readonly number[];
}

const shapes: Readonly<Record<AssemblyTarget['simd'], TileShape>> = {
  baseline: { rows: 4, columns: 8, inPlace: false, steps: [2] },
  relaxed: { rows: 4, columns: 8, inPlace: false, steps: [2] },
  wide: { rows: 6, columns: 16, inPlace: true, steps: [2, 2, 2] },
};

export function tileShape(target: AssemblyTarget): TileShape {
  return shapes[target.simd];
}

/** Columns of the panels that weights are packed into for this build. */
export function panelWidth(target: AssemblyTarget): number {
  return tileShape(target).columns;
}

/** What the right operand's panel is stored as. */
export type PanelStorage = 'f32' | 'bf16' | 'f16';

export type NarrowStorage = Exclude<PanelStorage, 'f32'>;

/** How f32 come from the lower and the upper halves of four words, and the constants that this takes. */
interface Widening {
  readonly constants: readonly string[];
  lower(words: string): string;
  upper(words: string): string;
}

/**
 * Panels in 16 bits have alternating halves (`Layout` in ir.ts). Constants are kept in locals, since V8 makes one of 256 bits anew
 * wherever it stands; where two shifts do, they are as fast as a mask.
 */
const widenings: Readonly<Record<NarrowStorage, Widening>> = {
  bf16: {
    constants: [],
    lower: (words) => `i32x4.shl(${words}, 16)`,
    upper: (words) => `i32x4.shl(i32x4.shr_u(${words}, 16), 16)`,
  },
  // Sign, exponent and fraction moved into place, then scaled by 2¹¹², which makes subnormal numbers right, too. Weights are finite.
  f16: {
    constants: ['kept(reinterpret<f32>(<u32>0x8fffe000), zero)', 'kept(5.192296858534828e33, zero)'],
    lower: (words) => `f32x4.mul(v128.and(i32x4.shr_s(i32x4.shl(${words}, 16), 3), f0), f1)`,
    upper: (words) => `f32x4.mul(v128.and(i32x4.shr_s(${words}, 3), f0), f1)`,
  },
};

/** The constants of a storage as lines for the top of a function that has `depth`. */
export function wideningConstants(storage: PanelStorage): string[] {
  const constants = storage === 'f32' ? [] : widenings[storage].constants;
  if (constants.length === 0) return [];
  return ['  const zero = depth >> 31;', ...constants.map((value, i) => `  const f${i} = ${value};`)];
}

/** The f32 of the lower halves of all words of a step of depth, then of the upper ones: the order of the columns. */
export function widened(storage: NarrowStorage, words: readonly string[]): string[] {
  const { lower, upper } = widenings[storage];
  return [...words.map(lower), ...words.map(upper)];
}

/** `Bf16` for functions that read such panels. */
export function panelSuffix(storage: PanelStorage): string {
  return storage === 'f32' ? '' : storage[0]!.toUpperCase() + storage.slice(1);
}

/**
 * Rows up to which a product is bound by reading its right operand: that is then streamed where it lies (streaming.ts), and
 * panels are read in long runs; more rows share one packing of it.
 */
export const fewRows = 3;

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** How a tile reads left, and what its right panel is stored as. */
interface TileForm {
  readonly left: 'rows' | 'panel';
  readonly storage: PanelStorage;
}

/** `multiply3Rows`, `multiply3Panel`; `multiplyRows` for up to a tile's rows. */
function tileName(rows: number | '', { left, storage }: TileForm): string {
  return `multiply${rows}${left === 'rows' ? 'Rows' : 'Panel'}${panelSuffix(storage)}`;
}

const leftParameters = { rows: 'left: usize, apart: usize, step: usize', panel: 'left: usize' };

/** The right operand at a step of depth. */
function loadRight(shape: TileShape, step: number, storage: PanelStorage): string[] {
  const vectors = shape.columns / 4;
  const load = (v: number): string =>
    `v128.load(right, ${step * shape.columns * storageTypes[storage].bytes + v * 16})`;
  const name = (values: readonly string[]): string[] => values.map((value, v) => `const b${step}_${v} = ${value};`);
  if (storage === 'f32') return name(range(vectors).map(load));
  const words = range(vectors / 2).map((v) => `w${step}_${v}`);
  return [...words.map((word, v) => `const ${word} = ${load(v)};`), ...name(widened(storage, words))];
}

/** One step of depth, the `step`-th of those taken at once; pointers to left move on. */
function multiplyStep(shape: TileShape, rows: number, step: number, { left, storage }: TileForm): string[] {
  const vectors = shape.columns / 4;
  const lines = loadRight(shape, step, storage);
  for (const row of range(rows)) {
    const place = left === 'rows' ? `left${row}` : `left, ${(step * shape.rows + row) * 4}`;
    lines.push(`${row === 0 ? 'let ' : ''}a${step} = v128.load_splat<f32>(${place});`);
    for (const v of range(vectors)) {
      const sum = `c${step}_${row}_${v}`;
      lines.push(`${sum} = madd(a${step}, b${step}_${v}, ${sum});`);
    }
  }
  const moves = range(rows).map((row) => `left${row} += step`);
  if (left === 'rows') lines.push(`${moves.join(', ')};`);
  return lines;
}

function printTile(shape: TileShape, rows: number, form: TileForm): string {
  const vectors = shape.columns / 4;
  const steps = shape.steps[rows - 1] ?? 1;
  const { left, storage } = form;
  const indent = (lines: readonly string[], by: string): string[] => lines.map((line) => by + line);
  const advance = (count: number): string =>
    `${left === 'rows' ? '' : `left += ${count * shape.rows * 4}; `}right += ${count * shape.columns * storageTypes[storage].bytes};`;
  const pointers = range(rows).map((row) => (row === 0 ? 'left0 = left' : `left${row} = left${row - 1} + apart`));
  const lines = [
    `function ${tileName(rows, form)}(depth: i32, ${leftParameters[left]}, right: usize, result: usize, stride: usize): void {`,
    ...(left === 'rows' ? [`  let ${pointers.join(', ')};`] : []),
    ...wideningConstants(storage),
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
    for (const step of range(steps)) lines.push(...indent(multiplyStep(shape, rows, step, form), '    '));
    lines.push(`    ${advance(steps)}`, '  }');
    for (const step of range(steps).slice(1))
      for (const row of range(rows))
        for (const v of range(vectors))
          lines.push(`  c0_${row}_${v} = f32x4.add(c0_${row}_${v}, c${step}_${row}_${v});`);
  }
  lines.push('  for (; k < depth; k++) {', ...indent(multiplyStep(shape, rows, 0, form), '    '));
  lines.push(`    ${advance(1)}`, '  }');
  return [...lines, ...addToResult(rows, vectors), '}'].join('\n');
}

/** Adds the sums to the result: all loads of a row, then its stores side by side, for the revectorizer. */
function addToResult(rows: number, vectors: number): string[] {
  return range(rows).flatMap((row) => [
    ...range(vectors).map((v) => `  const r${row}_${v} = f32x4.add(v128.load(result, ${v * 16}), c0_${row}_${v});`),
    ...range(vectors).map((v) => `  v128.store(result, r${row}_${v}, ${v * 16});`),
    ...(row < rows - 1 ? ['  result += stride;'] : []),
  ]);
}

/** A function that calls the tile for a number of rows up to all that it has. */
function printDispatch({ rows: most }: TileShape, form: TileForm): string {
  const { left } = form;
  const operands = left === 'rows' ? 'left, apart, step' : 'left';
  const call = (rows: number): string => `${tileName(rows, form)}(depth, ${operands}, right, result, stride);`;
  const what = left === 'rows' ? 'left[rows, depth]' : 'left[depth, rows]ᵀ';
  return [
    `/** result[rows, panel] += ${what} · right[depth, panel] for up to ${most} rows; \`stride\` bytes lie between rows of the result. */`,
    `function ${tileName('', form)}(rows: i32, depth: i32, ${leftParameters[left]}, right: usize, result: usize, stride: usize): void {`,
    ...range(most - 1).map((i) => `  ${i ? 'else ' : ''}if (rows == ${most - i}) ${call(most - i)}`),
    `  else ${call(1)}`,
    '}',
  ].join('\n');
}

const tileForms: readonly TileForm[] = [
  { left: 'rows', storage: 'f32' },
  { left: 'panel', storage: 'f32' },
  { left: 'rows', storage: 'bf16' },
  { left: 'rows', storage: 'f16' },
];

/** The text of every tile of a build, once for a module. */
export function printTiles(target: AssemblyTarget): string {
  const shape = tileShape(target);
  return tileForms
    .flatMap((form) => [...range(shape.rows).map((i) => printTile(shape, i + 1, form)), printDispatch(shape, form)])
    .join('\n\n');
}
