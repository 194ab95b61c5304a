import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compare } from '../../model/agreement.ts';
import { hottest } from '../../model/heat-map.ts';
import { overlayHeat } from '../../targets/node/cli/heat-map.ts';
import { loadProgress } from '../../targets/node/cli/load-progress.ts';
import { indexName, readIndex, writeIndex } from '../../targets/node/cli/search/index-file.ts';
import { formatBytes, formatDuration, formatTable, wrap } from '../../targets/node/cli/table.ts';
import { removeTemporaryFolders, temporaryFolder } from './support.ts';

const test = suite('parts of the command line');
test.after(removeTemporaryFolders);

test('tables', () => {
  assert.is(
    formatTable(
      [
        ['a', '10'],
        ['bcd', '7'],
      ],
      ['left', 'right'],
    ),
    'a    10\nbcd   7',
  );
  assert.equal(wrap('one two three', 7), ['one two', 'three']);
  assert.equal([0, 999, 1000, 1234567].map(formatBytes), ['0 B', '999 B', '1 kB', '1.23 MB']);
  assert.equal([0.26, 12.4, 3210].map(formatDuration), ['0.3 ms', '12 ms', '3.2 s']);
});

const grey = { width: 40, height: 20, data: new Uint8Array(40 * 20 * 3).fill(128) };
/** Hot in the lower right cell alone, over the middle half of the image. */
const heat = { width: 2, height: 2, values: Float32Array.of(-0.5, 0, 0, 1), region: [0.25, 0, 0.75, 1] as const };

test('a heat map is brightest where it is hot, and dark where there is none', () => {
  const { width, height, data } = overlayHeat(grey, heat);
  assert.equal([width, height], [40, 20]);
  const brightness = (x: number, y: number): number => {
    const at = 3 * (y * width + x);
    return data[at]! + data[at + 1]! + data[at + 2]!;
  };
  const [hot, cold, outside] = [brightness(28, 17), brightness(12, 2), brightness(2, 10)];
  assert.ok(hot > cold && cold > outside, `${hot} ${cold} ${outside}`);
  assert.is(brightness(2, 10), brightness(38, 10), 'the same on both sides of what the model sees');
  assert.equal(hottest(heat), { x: 0.625, y: 0.75, cosine: 1 });
});

test('an even heat map has no hot place and no NaN', () => {
  const { data } = overlayHeat(grey, { ...heat, values: new Float32Array(4).fill(0.3) });
  const inside = data.slice(3 * 15, 3 * 16);
  assert.equal([...inside], [...data.slice(3 * 25, 3 * 26)]);
  assert.ok(inside.some((value) => value > 0));
});

test('agreement is the largest relative difference', () => {
  const results = (value: number, text: string) => ({
    numbers: [Float32Array.of(1, 2), Float32Array.of(value, 4)],
    texts: [text, 'b'],
  });
  assert.equal(compare(results(1, 'a'), results(2, 'c')), { difference: 0.25, sameTexts: 1, texts: 2 });
  assert.is(compare(results(1, 'a'), results(1, 'a')).difference, 0);
  assert.ok(Number.isNaN(compare(results(Number.NaN, 'a'), results(1, 'a')).difference));
});

test('loading a model is one bar that never goes back, and ends full', () => {
  const shares: number[] = [];
  const names = new Set<string>();
  const report = (part: string, done: number, total: number): void => {
    names.add(part);
    shares.push(done / total);
  };
  const onProgress = loadProgress({ report, stop() {} }, 'loading m', ['embed', 'locate']);
  for (const [program, weights] of [
    ['imageFeatures', 4],
    ['textEmbedding', 2],
    ['heatMap', 1],
  ] as const) {
    for (const done of [0, 1]) onProgress({ stage: `compiling ${program}`, done, total: 1 });
    for (let done = 1; done <= weights; done++) onProgress({ stage: 'loading weights', done, total: weights });
  }
  assert.equal([...names], ['loading m']);
  assert.equal(
    shares,
    [...shares].sort((a, b) => a - b),
  );
  assert.equal([shares[0], shares.at(-1)], [0, 1]);
});

const index = {
  model: 'abc',
  files: [
    { name: 'a/b.png', size: 10, modified: 1.5, embedding: Float32Array.of(0.6, 0.8) },
    { name: 'ü.jpg', size: 11, modified: 2, embedding: Float32Array.of(1, 0) },
  ],
};

test('an index is read as it was written', async () => {
  const path = join(await temporaryFolder(), indexName);
  await writeIndex(path, index);
  assert.equal(await readIndex(path), index);
  await writeIndex(path, { model: 'none', files: [] });
  assert.equal(await readIndex(path), { model: 'none', files: [] });
});

test('no damage to an index goes unnoticed or unnamed', async () => {
  const path = join(await temporaryFolder(), indexName);
  await writeIndex(path, index);
  const bytes = await readFile(path);
  for (let length = 0; length < bytes.length; length += 3) {
    await writeFile(path, bytes.subarray(0, length));
    await fails(() => readIndex(path), path);
  }
  const text = bytes.toString('latin1');
  for (const [from, to] of [
    ['"model":"abc"', '"mobel":"abc"'],
    ['"version":"1"', '"version":"2"'],
    ['\\"size\\":10', '\\"side\\":10'],
    ['"embeddings"', '"embattings"'],
  ] as const) {
    assert.ok(text.includes(from), from);
    await writeFile(path, Buffer.from(text.replace(from, to), 'latin1'));
    await fails(() => readIndex(path), path);
  }
});

async function fails(work: () => Promise<unknown>, naming: string): Promise<void> {
  let error: unknown;
  try {
    await work();
  } catch (caught) {
    error = caught;
  }
  assert.is((error as Error | undefined)?.name, 'MmgemError');
  assert.match((error as Error).message, naming);
}

test.run();
