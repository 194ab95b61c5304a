import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertHostArray, decodeElements, encodeElements } from '../../runtime/elements.ts';

const test = suite('elements');

const allBits = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

/** The value of f16 bits, by definition. */
function definedValue(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

test('every f16 is read by its definition', () => {
  const decoded = decodeElements('f16', new Uint8Array(allBits.buffer), 65536);
  decoded.forEach((value, bits) => assert.ok(Object.is(value, definedValue(bits)), `${bits} is ${value}`));
});

for (const dtype of ['f16', 'bf16'] as const)
  test(`${dtype} are read into an array that is given, and nothing beside it is written`, () => {
    const bytes = new Uint8Array(Uint16Array.of(0x3c00, 0x4000, 0xc000).buffer);
    const whole = new Float32Array(5).fill(7);
    const into = whole.subarray(1, 4);
    assert.is(decodeElements(dtype, bytes, 3, into), into);
    assert.equal(into, decodeElements(dtype, bytes, 3));
    assert.equal([whole[0], whole[4]], [7, 7]);
  });

test('every bf16 is the upper half of an f32', () => {
  const decoded = decodeElements('bf16', new Uint8Array(allBits.buffer), 65536) as Float32Array;
  const bits = new Uint32Array(decoded.buffer);
  allBits.forEach((half, i) => assert.ok(bits[i] === (half << 16) >>> 0 || Number.isNaN(decoded[i])));
});

for (const dtype of ['f16', 'bf16'] as const) {
  const infinity = { f16: 0x7c00, bf16: 0x7f80 }[dtype];
  const decode = (bits: readonly number[]) =>
    decodeElements(dtype, new Uint8Array(Uint16Array.from(bits).buffer), bits.length);
  const encode = (...values: readonly number[]): number[] => [
    ...new Uint16Array(encodeElements(dtype, Float32Array.from(values), 'x').slice().buffer),
  ];

  test(`${dtype}: what is written is what was read`, () => {
    const again = new Uint16Array(
      encodeElements(dtype, decodeElements(dtype, new Uint8Array(allBits.buffer), 65536), 'x').slice().buffer,
    );
    again.forEach((bits, i) => {
      const notANumber = (i & 0x7fff) > infinity;
      assert.ok(notANumber ? (bits & 0x7fff) > infinity : bits === i, `${i} became ${bits}`);
    });
  });

  test(`${dtype}: halfway goes to the even one, anything else to the nearer`, () => {
    for (let i = 1; i < infinity - 1; i += 7) {
      const [low, high] = decode([i, i + 1]) as unknown as [number, number];
      const middle = (low + high) / 2;
      assert.equal(encode(middle, -middle), [i + (i & 1), (i + (i & 1)) | 0x8000]);
      // One step of f32 beside the middle, except where that step is lost among the smallest numbers.
      const step = Math.max(Math.abs(middle) * 2 ** -23, 2 ** -149);
      assert.equal(encode(middle - step, middle + step), [i, i + 1]);
    }
  });

  test(`${dtype}: too large is an error that names the element`, () => {
    assert.throws(
      () => encode(1, 2, 3.402e38),
      new RegExp(`x holds 3\\.40.* \\(element 2\\), too large for ${dtype}.*Store it as f32`),
    );
    assert.equal(encode(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY), [infinity, infinity | 0x8000]);
  });
}

test('an array of another kind is an error', () => {
  assert.throws(
    () => assertHostArray('i32', new Float32Array(1), 'ids'),
    /ids is i32 and must be given as Int32Array, not Float32Array/,
  );
  assert.throws(() => assertHostArray('f16', [1] as unknown as Float32Array, 'x'), /not Array/);
  assert.throws(() => assertHostArray('f32', undefined as unknown as Float32Array, 'x'), /not undefined/);
});

test.run();
