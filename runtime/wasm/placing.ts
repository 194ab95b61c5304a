/** Parameters and states between the plain form of the host and the form that kernels read, inside the shared memory. */

import { MmgemError } from '../../dsl/errors.ts';
import { arrangePanels, layoutSize, restorePlain } from '../../kernels/layout.ts';
import { bytesOf, decodeElements, encodeElements } from '../elements.ts';
import type { HostArray } from '../seam.ts';
import type { Fetching, Placing } from './messages.ts';

/** Arranges and encodes elements and writes them where they belong. */
export function placeElements(memory: WebAssembly.Memory, { data, dtype, layout, address, what }: Placing): void {
  if (dtype === 'f16' && layout.kind === 'panels') assertFinite(data, what);
  const arranged = layout.kind === 'plain' ? data : arrangePanels(layout, floats(data, what));
  const bytes = encodeElements(dtype, arranged, what);
  new Uint8Array(memory.buffer, address, bytes.length).set(bytes);
}

/** Products widen f16 without a look at ∞ and NaN, which would take as long as everything else. */
function assertFinite(data: HostArray, what: string): void {
  const found = data.findIndex((value) => !Number.isFinite(value));
  if (found < 0) return;
  throw new MmgemError(
    `${what} holds ${data[found]} (element ${found}); weights of products in f16 are finite. Store it as f32 or bf16`,
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
