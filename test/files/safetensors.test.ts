import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { elementBytes } from '../../model/files/element-type.ts';
import {
  readAll,
  readBytes,
  readChunks,
  readHeader,
  readTensor,
  writeSafetensors,
} from '../../model/files/safetensors.ts';
import { memorySource } from '../../model/files/source.ts';
import { random } from '../../model/random.ts';
import { collectBytes, failsWith, failureOf, fileOf, randomTensors, rawFile, toWrite } from './support.ts';

const test = suite('safetensors');

const open = (bytes: Uint8Array) => readHeader(memorySource('m.safetensors', bytes));

test('a file with every type that is written comes back equal, aligned, with its metadata', async () => {
  const { values } = randomTensors([['f', [3, 4]]]).get('f')!;
  const metadata = { format: 'pt', note: 'snow \u2603 "quoted"' };
  const bytes = await fileOf(
    [
      { name: 'bytes', dtype: 'U8', shape: [3], data: () => Uint8Array.of(1, 2, 255) },
      { name: 'half', dtype: 'F16', shape: [2], data: () => Float32Array.of(0.5, -2) },
      { name: '7', dtype: 'I32', shape: [2, 1], data: async () => Int32Array.of(-1, 2 ** 31 - 1) },
      { name: 'f\u2603', dtype: 'F32', shape: [3, 4], data: () => [values.subarray(0, 5), values.subarray(5)] },
      { name: 'brain', dtype: 'BF16', shape: [1], data: () => Float32Array.of(1 / 3) },
      { name: 'scalar', dtype: 'F32', shape: [], data: () => Float32Array.of(2.5) },
      { name: 'empty', dtype: 'F32', shape: [0, 5], data: () => new Float32Array(0) },
    ],
    metadata,
  );
  const { tensors, file } = await readAll(memorySource('m', bytes));
  assert.equal(Object.fromEntries(file.metadata), metadata);
  assert.is(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8, 0);
  for (const { begin, dtype } of file.tensors.values()) assert.is(begin % elementBytes[dtype], 0);
  assert.equal([...tensors.get('f\u2603')!.data], [...values]);
  assert.equal(tensors.get('f\u2603')!.shape, [3, 4]);
  assert.equal(tensors.get('7'), { shape: [2, 1], data: Int32Array.of(-1, 2 ** 31 - 1) });
  assert.equal(tensors.get('bytes')!.data, Int32Array.of(1, 2, 255));
  assert.equal(tensors.get('half')!.data, Float32Array.of(0.5, -2));
  assert.is(tensors.get('brain')!.data[0], 0.333984375);
  assert.equal(tensors.get('scalar'), { shape: [], data: Float32Array.of(2.5) });
  assert.is(tensors.get('empty')!.data.length, 0);
});

test('only the bytes asked for are read', async () => {
  const tensors = [
    ...randomTensors([
      ['a', [100]],
      ['b', [7]],
      ['c', [100]],
    ]).values(),
  ]; // prettier layout
  const source = memorySource('m', await fileOf(tensors.map((t) => toWrite(t))));
  const reads: number[] = [];
  const file = await readHeader({ ...source, read: (at, n) => source.read(at, reads[reads.push(n) - 1] as number) });
  const headerReads = reads.splice(0);
  assert.is(headerReads.length, 2);
  assert.equal((await readTensor(file, 'b')).data, tensors[1]!.values);
  assert.equal(reads, [28]);
});

test('chunks are whole elements and make up the tensor', async () => {
  const tensors = [
    ...randomTensors([
      ['a', [10]],
      ['none', [0]],
    ]).values(),
  ];
  const file = await open(await fileOf(tensors.map((t) => toWrite(t))));
  for (const [chunkBytes, lengths] of [
    [13, [12, 12, 12, 4]],
    [1, Array(10).fill(4)],
    [1000, [40]],
  ] as const) {
    const pieces: Uint8Array[] = [];
    for await (const piece of readChunks(file, 'a', chunkBytes)) pieces.push(piece);
    assert.equal(
      pieces.map((p) => p.byteLength),
      [...lengths],
    );
    assert.equal(new Uint8Array(Buffer.concat(pieces)), await readBytes(file, 'a'));
  }
  for await (const _ of readChunks(file, 'none', 8)) assert.unreachable();
});

test('the writer refuses data that does not fit, and names that repeat', async () => {
  const t = (name: string, length: number) =>
    ({ name, dtype: 'F32', shape: [3], data: () => new Float32Array(length) }) as const;
  const write = (tensors: Parameters<typeof writeSafetensors>[1]) =>
    collectBytes('out.safetensors', (writer) => writeSafetensors(writer, tensors));
  await failsWith(() => write([t('x', 2)]), 'out.safetensors', 'tensor x', '8 of the 12');
  await failsWith(() => write([t('x', 4)]), 'tensor x', 'more than the 12');
  await failsWith(() => write([t('x', 3), t('x', 3)]), '"x"', 'twice');
  await failsWith(() => write([t('__metadata__', 3)]), 'reserved');
});

const one = (fields: string, data = 8) => rawFile(`{"w":{${fields}}}`, data);
const good = '"dtype":"F32","shape":[2],"data_offsets":[0,8]';
const pair = (a: string, b: string, data = 16) =>
  rawFile(
    `{"a":{"dtype":"F32","shape":[2],"data_offsets":${a}},"b":{"dtype":"F32","shape":[2],"data_offsets":${b}}}`,
    data,
  );

const malformed: readonly (readonly [what: string, bytes: Uint8Array, ...says: (string | RegExp)[]])[] = [
  ['empty file', new Uint8Array(0), '0 bytes'],
  ['no whole length', new Uint8Array(7), '7 bytes'],
  ['pointer', new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\noid'), 'Git LFS', 'git lfs pull'],
  ['header longer than the file', rawFile('{}', 0, 3), 'truncated'],
  ['header beyond the limit', rawFile('{}', 0, 100_000_001), 'limit is 100000000'],
  ['header length of 2^64 − 1', rawFile('{}', 0, 2n ** 64n - 1n), 'limit'],
  ['length 0', rawFile('', 0), 'not valid JSON'],
  ['not UTF-8', rawFile(Uint8Array.of(0x7b, 0xff, 0x7d), 0), 'UTF-8'],
  ['byte order mark', rawFile('\ufeff{}', 0), 'not valid JSON'],
  ['invalid JSON', rawFile('{"w":', 0), 'not valid JSON'],
  ['JSON that is no object', rawFile('[]', 0), 'not a JSON object'],
  ['null', rawFile('null', 0), 'not a JSON object'],
  ['deep nesting', rawFile(`{"w":${'['.repeat(200_000)}`, 0), 'JSON'],
  ['deep nesting, closed', rawFile(`{"w":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 0), /JSON|not described/],
  ['repeated tensor', rawFile(`{"w":{${good}},"w":{${good}}}`, 8), '"w" twice'],
  ['repeated tensor, escaped', rawFile(`{"w":{${good}},"\\u0077":{${good}}}`, 8), '"w" twice'],
  ['repeated field', one(`${good},"dtype":"F32"`), '"dtype" twice'],
  ['metadata not an object', rawFile('{"__metadata__":3}', 0), '__metadata__'],
  ['metadata not text', rawFile('{"__metadata__":{"a":3}}', 0), '__metadata__.a', 'string'],
  ['tensor not an object', rawFile('{"w":3}', 0), '"w"', 'object'],
  ['unknown field', one(`${good},"strides":[1]`), '"w"', '"strides"'],
  ['unknown dtype', one('"dtype":"F33","shape":[2],"data_offsets":[0,8]'), '"w"', 'dtype', 'F33', 'Convert'],
  ['dtype of the prototype', one('"dtype":"toString","shape":[2],"data_offsets":[0,8]'), 'dtype'],
  ['no dtype', one('"shape":[2],"data_offsets":[0,8]'), 'dtype'],
  ['no shape', one('"dtype":"F32","data_offsets":[0,8]'), 'shape'],
  ['negative extent', one('"dtype":"F32","shape":[-2],"data_offsets":[0,8]'), 'shape', '-2'],
  ['extent not an integer', one('"dtype":"F32","shape":[2.5],"data_offsets":[0,8]'), 'shape', '2.5'],
  ['extent as text', one('"dtype":"F32","shape":["2"],"data_offsets":[0,8]'), 'shape'],
  ['extent beyond 2^53', one('"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,8]'), 'shape'],
  [
    'product beyond everything',
    one(`"dtype":"F32","shape":[${Array(40).fill(2 ** 40)}],"data_offsets":[0,8]`),
    'takes',
  ],
  ['no offsets', one('"dtype":"F32","shape":[2]'), 'data_offsets'],
  ['three offsets', one('"dtype":"F32","shape":[2],"data_offsets":[0,4,8]'), 'data_offsets'],
  ['negative offset', one('"dtype":"F32","shape":[2],"data_offsets":[-8,0]'), 'data_offsets', '-8'],
  ['offset not an integer', one('"dtype":"F32","shape":[2],"data_offsets":[0,8.5]'), 'data_offsets', '8.5'],
  ['end before begin', one('"dtype":"F32","shape":[2],"data_offsets":[8,0]'), 'before they begin'],
  ['range beyond the file', one('"dtype":"F32","shape":[3],"data_offsets":[0,12]'), 'past the end', 'truncated'],
  ['range too short', one('"dtype":"F32","shape":[3],"data_offsets":[0,8]'), 'hold 8 bytes', 'takes 12'],
  ['range too long', one('"dtype":"F16","shape":[2],"data_offsets":[0,8]'), 'hold 8 bytes', 'takes 4'],
  ['overlap', pair('[0,8]', '[4,12]', 12), 'overlap by 4', '"a"', '"b"'],
  ['same range twice', pair('[0,8]', '[0,8]', 8), 'overlap by 8'],
  ['hole', pair('[0,8]', '[12,20]', 20), 'hole of 4', '"a"', '"b"'],
  ['hole in front', one('"dtype":"F32","shape":[2],"data_offsets":[4,12]', 12), 'hole of 4', 'the header'],
  ['bytes behind', one(good, 9), '1 bytes follow', '"w"'],
  ['truncated data', one(good, 7), 'past the end', 'truncated'],
];

for (const [what, bytes, ...says] of malformed) {
  test(`malformed: ${what}`, () => failsWith(() => open(bytes), 'm.safetensors', ...says));
}

test('what is odd but allowed', async () => {
  assert.is((await open(rawFile('{}', 0))).tensors.size, 0);
  assert.is((await open(rawFile('{"__metadata__":null}   ', 0))).tensors.size, 0);
  const keys = await open(rawFile(`{"":{${good}},"__proto__":{"dtype":"U8","shape":[],"data_offsets":[8,9]}}`, 9));
  assert.equal([...keys.tensors.keys()], ['', '__proto__']);
  assert.is((await open(one('"dtype":"F32","shape":[0,7],"data_offsets":[0,0]', 0))).tensors.get('w')!.shape.length, 2);
});

test('a tensor that is not there is named', async () => {
  const file = await open(one(good));
  await failsWith(() => readTensor(file, 'v'), 'm.safetensors', '"v"');
});

test('random damage ends in a file or in an MmgemError', async () => {
  const tensors = [
    ...randomTensors([
      ['a', [4, 3]],
      ['b.weight', [5]],
      ['c', []],
    ]).values(),
  ];
  const whole = await fileOf(
    tensors.map((t) => toWrite(t)),
    { format: 'pt' },
  );
  const headerEnd = whole.byteLength - 4 * 18;
  const spice = '{}[]",:0123456789-.eE\\u\u0000\u00ffnull'.split('').map((c) => c.charCodeAt(0));
  const { integer } = random(42, 'fuzz');
  const below = (n: number) => integer() % n;
  const outcomes = { read: 0, refused: 0 };
  for (let round = 0; round < 6000; round++) {
    let bytes = Buffer.from(whole);
    for (let edits = 1 + below(3); edits > 0; edits--) {
      const at = below(5) === 0 ? below(Math.min(8, bytes.length || 1)) : below(Math.min(headerEnd, bytes.length || 1));
      const kind = below(5);
      const value = below(2) ? spice[below(spice.length)]! : below(256);
      if (kind === 0) bytes[at] = value;
      else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(9))]);
      else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([value]), bytes.subarray(at)]);
      else if (kind === 3) bytes = bytes.subarray(0, below(bytes.length + 1));
      else bytes.copyWithin(at, below(bytes.length || 1), below(bytes.length || 1));
    }
    const length = headerEnd - 8 + bytes.length - whole.length; // often made to fit, so that the damage reaches deeper
    if (below(2) && bytes.length > 8 && length >= 0) bytes.writeBigUInt64LE(BigInt(length), 0);
    try {
      const file = await open(new Uint8Array(bytes));
      for (const { begin, end } of file.tensors.values()) assert.ok(begin >= 8 && begin <= end && end <= bytes.length);
      for (const name of file.tensors.keys()) await readBytes(file, name);
      outcomes.read++;
    } catch (error) {
      const { message } = await failureOf(() => {
        throw error;
      });
      assert.ok(message.length > 20);
      outcomes.refused++;
    }
  }
  assert.ok(outcomes.read > 20 && outcomes.refused > 1000, JSON.stringify(outcomes));
});

test.run();
