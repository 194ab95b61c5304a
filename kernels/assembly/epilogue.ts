/** Prints what happens to a row of accumulated values: the kernel's writes, four columns at a time and then one by one. */
import { type Axis, accumulator } from '../../dsl/scalar.ts';
import type { AttentionKernel, ContractKernel } from '../ir.ts';
import type { Emitter } from './emitter.ts';
import { scalarMode, vector } from './mode.ts';
import { defineAxis } from './operand.ts';

/** Where the row lies along its axis: `count` values from `first`, as text. */
export interface RowOfResults {
  readonly along: Axis;
  readonly first: string;
  readonly count: string;
  /** The accumulated value, one or four of them, `place` bytes into the row. */
  accumulated(place: string, lanes: 1 | 4): string;
}

/** Must be called once, before the loops over rows: the emitter then sees what several writes share. */
export function countWrites(emitter: Emitter, { writes }: ContractKernel | AttentionKernel): void {
  emitter.count(...writes.flatMap((write) => [write.offset, emitter.stored(write)]));
}

export function printWrites(emitter: Emitter, { writes }: ContractKernel | AttentionKernel, row: RowOfResults): void {
  const c = emitter.name('c');
  const step = (lanes: 1 | 4): void => {
    const mode = lanes === 4 ? vector(row.along) : scalarMode;
    if (row.first === '0') emitter.define(row.along, c);
    else defineAxis(emitter, row.along, `${row.first} + ${c}`);
    emitter.define(accumulator, emitter.bind(row.accumulated(`(${c} << 2)`, lanes), 'sum'), mode);
    // Everything is read before anything is written: a write may go where another one reads.
    const values = writes.map((write) => emitter.bound(emitter.stored(write), mode));
    writes.forEach((write, i) => {
      emitter.store(write, values[i]!, mode);
    });
  };
  emitter.line(`let ${c} = 0;`);
  emitter.block(`for (; ${c} + 4 <= ${row.count}; ${c} += 4)`, () => step(4));
  emitter.block(`for (; ${c} < ${row.count}; ${c}++)`, () => step(1));
}
