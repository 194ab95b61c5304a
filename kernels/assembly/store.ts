/** Prints where a value goes. */
import type { Scalar } from '../../dsl/scalar.ts';
import { liesSideBySide } from './address.ts';
import type { Emitter } from './emitter.ts';
import { lane, type Mode } from './mode.ts';
import { storagePrinters } from './storage.ts';

/** One element; or four, at once where they lie side by side. `text` is of the mode's kind and of the buffer's arithmetic type. */
export function printStore(e: Emitter, buffer: string, offset: Scalar, text: string, mode: Mode): void {
  const { dtype } = e.declaration(buffer);
  const printer = storagePrinters[dtype];
  for (const helper of printer.helpers.store) e.use(helper);
  if (mode.kind !== 'vector' || liesSideBySide(e, offset, mode)) {
    const { address, immediate } = e.place(buffer, offset, mode);
    const print = mode.kind === 'vector' ? printer.storeVector : printer.store;
    e.line(`${print(address, text, immediate)};`);
    return;
  }
  const all = /^\w+$/.test(text) ? text : e.bind(text, 'lanes');
  const type = dtype === 'i32' || dtype === 'u32' ? 'i32x4' : 'f32x4';
  for (let j = 0; j < 4; j++) {
    const one = e.place(buffer, offset, lane(mode.axis, mode.offset + j));
    e.line(`${printer.store(one.address, `${type}.extract_lane(${all}, ${j})`, one.immediate)};`);
  }
}
