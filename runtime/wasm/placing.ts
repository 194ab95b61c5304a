/** Parameters and states between the plain form of the host and the form that kernels read, inside the shared memory. */

import { MmgemError } from '../../dsl/errors.ts';
import { arrangePanels, layoutSize, restorePlain } from '../../kernels/layout.ts';
import { bytesOf, decodeElements, encodeElements } from '../elements.ts';
import type { HostArray } from '../seam.ts';
import type { Fetching, Placing } from './messages.ts';

/** Arranges and encodes elements and writes them where they belong. */
export function placeElements(memory: WebAssembly.Memory, { data, dtype, layout, address, what }: Placing): void {
  const arranged = layout.kind === 'plain' ? data : arrangePanels(layout, floats(data, what));
  const bytes = encodeElements(dtype, arranged, what);
  if (dtype === 'f16' && layout.kind === 'panels' && hasSpecial(bytes)) throw notFinite(data, what);
  new Uint8Array(memory.buffer, address, bytes.length).set(bytes);
}

/** Whether any of the f16 is ∞ or NaN: in products they are widened without a look at these, which would take as long as the rest. */
function hasSpecial(bytes: Uint8Array): boolean {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  for (let i = 0; i < halves.length; i++) if ((halves[i]! & 0x7c00) === 0x7c00) return true;
  return false;
}

function notFinite(data: HostArray, what: string): MmgemError {
  const at = data.findIndex((value) => !Number.isFinite(value));
  return new MmgemError(
    `${what} holds ${data[at]} (element ${at}); weights of products in f16 are finite. Store it as f32 or bf16`,
  );
}

function floats(data: HostArray, what: string): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new MmgemError(`${what}: only floats are laid out in panels`);
}

/** The elements that lie at an address, in plain form, copied. */
export function fetchElements(memory: WebAssembly.Memory, { dtype, layout, address, count }: Fetching): HostArray {
  const stored = layoutSize(layout, count);
  const elements = decodeElements(dtype, new Uint8Array(memory.buffer, address, bytesOf(dtype, stored)), stored);
  return layout.kind === 'plain' ? elements : restorePlain(layout, elements as Float32Array, count);
}
