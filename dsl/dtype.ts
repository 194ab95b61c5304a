/** Element types. How a tensor is stored and what it is computed in are two things. */

/** What a scalar expression computes in. */
export type ArithmeticType = 'f32' | 'i32' | 'bool';

/** What a buffer holds. f16 and bf16 are read into f32 and rounded when written. */
export type StorageType = 'f32' | 'f16' | 'bf16' | 'i32' | 'u32';

/** Everything known about a storage type. */
export const storageTypes: Readonly<
  Record<StorageType, { readonly bytes: number; readonly arithmetic: ArithmeticType }>
> = {
  f32: { bytes: 4, arithmetic: 'f32' },
  f16: { bytes: 2, arithmetic: 'f32' },
  bf16: { bytes: 2, arithmetic: 'f32' },
  i32: { bytes: 4, arithmetic: 'i32' },
  u32: { bytes: 4, arithmetic: 'i32' },
};
