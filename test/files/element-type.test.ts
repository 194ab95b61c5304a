import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fromFloat32, toFloat32, toInt32 } from '../../model/files/element-type.ts';
import { random } from '../../model/random.ts';
import { failsWith } from './support.ts';

const test = suite('element types');

/** The value of a float16 by its definition. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

const every16Bits = Uint16Array.from({ length: 65536 }, (_, i) => i);

test('every float16 widens to its value and narrows back to its bits', () => {
  const wide = toFloat32(new Uint8Array(every16Bits.buffer), 'F16');
  for (const bits of every16Bits) assert.ok(Object.is(wide[bits], float16(bits)), `bits ${bits}`);
  const back = new Uint16Array(fromFloat32(wide, 'F16').slice().buffer);
  for (const bits of every16Bits) if (!Number.isNaN(wide[bits])) assert.is(back[bits], bits);
  assert.ok(Number.isNaN(float16(back[0x7c01] as number)));
});

test('every bfloat16 is the upper half of a float32, and narrows back to itself', () => {
  const wide = toFloat32(new Uint8Array(every16Bits.buffer), 'BF16');
  const view = new DataView(new ArrayBuffer(4));
  for (const bits of every16Bits) {
    view.setUint32(0, bits << 16);
    assert.ok(Object.is(wide[bits], view.getFloat32(0)), `bits ${bits}`);
  }
  const back = new Uint16Array(fromFloat32(wide, 'BF16').slice().buffer);
  for (const bits of every16Bits) if (!Number.isNaN(wide[bits])) assert.is(back[bits], bits);
});

test('narrowing rounds to the nearest value, ties to even', () => {
  const { integer } = random(3);
  const bits = Uint32Array.from({ length: 20000 }, integer);
  // exponents around float16's, so that normal and subnormal values are met, and exact ties
  for (let i = 0; i < bits.length; i++) bits[i] = (bits[i]! & 0x807fffff) | ((96 + (i % 46)) << 23);
  for (let i = 0; i < bits.length; i += 5) bits[i]! &= 0xfffff000;
  const values = new Float32Array(bits.buffer).map((v) => (Math.abs(v) >= 65504 ? 1.5 : v));
  const narrow = new Uint16Array(fromFloat32(values, 'F16').slice().buffer);
  for (const [i, got] of narrow.entries()) {
    const distance = (b: number) => Math.abs(float16(b) - values[i]!);
    for (const other of [got - 1, got + 1]) {
      if ((other & 0x7fff) >= 0x7c00 || ((other ^ got) & 0x8000) !== 0) continue;
      const isTie = distance(other) === distance(got);
      assert.ok(isTie ? got % 2 === 0 : distance(got) < distance(other), `${values[i]} became ${float16(got)}`);
    }
  }
});

test('what would overflow is refused, infinities and NaN pass', async () => {
  await failsWith(
    () => fromFloat32(Float32Array.of(1, 70000), 'F16', 'tensor t'),
    'tensor t',
    'element 1',
    '70000',
    'BF16',
  );
  await failsWith(() => fromFloat32(Float32Array.of(3.4e38), 'BF16'), 'element 0');
  assert.equal([...toFloat32(fromFloat32(Float32Array.of(65504, 65519), 'F16'), 'F16')], [65504, 65504]);
  for (const type of ['F16', 'BF16'] as const) {
    const [up, down, nan] = toFloat32(fromFloat32(Float32Array.of(Infinity, -Infinity, Number.NaN), type), type);
    assert.equal([up, down], [Infinity, -Infinity]);
    assert.ok(Number.isNaN(nan));
  }
});

test('float32 from an unaligned place', () => {
  const bytes = new Uint8Array(9);
  bytes.set(new Uint8Array(Float32Array.of(1.5, -2.25).buffer), 1);
  assert.equal([...toFloat32(bytes.subarray(1), 'F32')], [1.5, -2.25]);
});

test('integers widen to int32, and never wrap', async () => {
  assert.equal([...toInt32(Uint8Array.of(255, 7), 'U8')], [255, 7]);
  assert.equal([...toInt32(Uint8Array.of(255, 7), 'I8')], [-1, 7]);
  assert.equal([...toInt32(new Uint8Array(BigInt64Array.of(-5n, 9n).buffer), 'I64')], [-5, 9]);
  await failsWith(
    () => toInt32(new Uint8Array(BigInt64Array.of(1n, 2n ** 31n).buffer), 'I64', 'ids'),
    'ids',
    'element 1',
  );
  await failsWith(() => toInt32(new Uint8Array(Uint32Array.of(2 ** 31).buffer), 'U32'), '2147483648');
  await failsWith(() => toInt32(new Uint8Array(4), 'F32'), 'integers are due');
  await failsWith(() => toFloat32(new Uint8Array(8), 'F64', 'tensor w'), 'tensor w', 'F64', 'Convert');
});

test.run();
