/** How elements are loaded and stored, a row for each storage type. Everything is computed in f32 and i32. */
import type { StorageType } from '../../dsl/dtype.ts';

export interface StoragePrinter {
  /** Helper functions (conversions.ts) that loads and stores call. */
  readonly helpers: { readonly load: readonly string[]; readonly store: readonly string[] };
  /** One element; `place` is an address, with an immediate after a comma or without. */
  load(place: string): string;
  /** Four neighbours. */
  loadVector(place: string): string;
  /** One element, four times. */
  loadSplat(place: string): string;
  store(address: string, value: string, immediate: string): string;
  storeVector(address: string, value: string, immediate: string): string;
}

const word = (type: 'f32' | 'i32'): StoragePrinter => ({
  helpers: { load: [], store: [] },
  load: (place) => `load<${type}>(${place})`,
  loadVector: (place) => `v128.load(${place})`,
  loadSplat: (place) => `v128.load_splat<${type}>(${place})`,
  store: (address, value, immediate) => `store<${type}>(${address}, ${value}${immediate})`,
  storeVector: (address, value, immediate) => `v128.store(${address}, ${value}${immediate})`,
});

const half = (type: 'f16' | 'bf16'): StoragePrinter => ({
  helpers: { load: [`${type}_to_f32`, `${type}_to_f32x4`], store: [`f32_to_${type}`, `f32x4_to_${type}`] },
  load: (place) => `${type}_to_f32(load<u16>(${place}))`,
  loadVector: (place) => `${type}_to_f32x4(v128.load_ext<u16>(${place}))`,
  loadSplat: (place) => `f32x4.splat(${type}_to_f32(load<u16>(${place})))`,
  store: (address, value, immediate) => `store<u16>(${address}, f32_to_${type}(${value})${immediate})`,
  storeVector: (address, value, immediate) =>
    `v128.store_lane<u64>(${address}, f32x4_to_${type}(${value}), 0${immediate})`,
});

export const storagePrinters: Readonly<Record<StorageType, StoragePrinter>> = {
  f32: word('f32'),
  i32: word('i32'),
  u32: word('i32'),
  f16: half('f16'),
  bf16: half('bf16'),
};
