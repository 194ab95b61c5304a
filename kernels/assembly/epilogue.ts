/** Prints what happens to a row of accumulated values: the kernel's writes, two vectors of columns at a time, which the 256-bit build makes one. */
import { type Axis, accumulator } from '../../dsl/scalar.ts';
import type { Kernel } from '../ir.ts';
import type { Emitter } from './emitter.ts';
import { printSpan, printWrites, writtenScalars } from './span.ts';

/** Where the row lies along its axis, as text: from which index to which. */
export interface RowOfResults {
  readonly along: Axis;
  readonly from: string;
  readonly to: string;
  /** The address in scratch of the value at index 0 of the axis. */
  readonly address: string;
  /** What is made of a value, or of four in a vector, when it is loaded. */
  finished?(value: string, lanes: 1 | 4): string;
}

/** Must be called once, before the loops over rows: the emitter then sees what several writes share. */
export function countWrites(emitter: Emitter, { writes }: Kernel): void {
  emitter.count(...writtenScalars(emitter, writes));
}

export function printResults(emitter: Emitter, { writes }: Kernel, row: RowOfResults): void {
  const { along, from, to } = row;
  printSpan(emitter, { axis: along, from, to, vectors: 2 }, (modes) => {
    for (const mode of modes) {
      const place = `${row.address} + 4 * ${emitter.value(along)}`;
      const immediate = mode.kind !== 'scalar' && mode.offset > 0 ? `, ${4 * mode.offset}` : '';
      const [load, lanes] = mode.kind === 'scalar' ? (['load<f32>', 1] as const) : (['v128.load', 4] as const);
      const value = `${load}(${place}${immediate})`;
      emitter.define(accumulator, emitter.bind(row.finished?.(value, lanes) ?? value, 'sum'), mode);
    }
    printWrites(emitter, writes, modes);
  });
}
