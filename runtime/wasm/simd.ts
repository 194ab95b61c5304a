/** Which SIMD instructions WebAssembly has here, as it is set up now. */

/** () → v128 by the instructions given. */
function moduleOf(...instructions: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [0, ...instructions, 0x0b];
  const type = [1, 5, 1, 0x60, 0, 1, 0x7b];
  return Uint8Array.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...type,
    3,
    2,
    1,
    0,
    10,
    body.length + 2,
    1,
    body.length,
    ...body,
  ]);
}

/** i8x16.splat(i32.const 0) */
const zero = [0x41, 0, 0xfd, 0x0f];
const simdModule = moduleOf(...zero);
/** f32x4.relaxed_madd */
const relaxedModule = moduleOf(...zero, ...zero, ...zero, 0xfd, 0x85, 0x02);

export function hasSimd(): boolean {
  return WebAssembly.validate(simdModule);
}

export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(relaxedModule);
}
