// Data as users name it on the command line.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DataItem } from '../../model/data/record.ts';
import { describeNamed } from '../../targets/node/data/named.ts';
import { openSource } from '../../targets/node/data/sources.ts';
import { removeTemporaryFolders, temporaryFolder } from '../cli/support.ts';
import { failsWith } from '../files/support.ts';
import { testWithShared } from '../support/skip.ts';

const test = suite('data by name');
test.after(removeTemporaryFolders);

const folder = await temporaryFolder();
const at = (...path: string[]) => join(folder, ...path);
await mkdir(at('lines'));
await writeFile(at('lines', 'one.jsonl'), '{"image": "a.png", "caption": "a"}\n{"image": "b.png", "caption": "b"}\n');
await writeFile(at('lines', 'two.jsonl'), '{"image": "c.png", "label": "c"}\n');
await writeFile(at('described.json'), '{"format": "jsonl", "folder": "lines", "files": "t*.jsonl"}');
await writeFile(at('text.txt'), '');
await mkdir(at('both'));
for (const name of ['x.tar', 'x.jsonl']) await writeFile(at('both', name), '');

const openNamed = async (path: string) => openSource(await describeNamed(path));

async function recordsOf(path: string): Promise<DataItem[]> {
  const items: DataItem[] = [];
  for await (const item of (await openNamed(path)).records({ epoch: 0 })) items.push(item);
  return items;
}

const keysOf = async (path: string) => (await recordsOf(path)).map(({ key }) => key);

test('a folder, one of its files, and a description whose paths begin at its folder', async () => {
  assert.equal(await keysOf(at('lines')), ['a.png', 'b.png', 'c.png']);
  assert.equal(await keysOf(at('lines', 'one.jsonl')), ['a.png', 'b.png']);
  assert.equal(await keysOf(at('described.json')), ['c.png']);
  const [record] = await recordsOf(at('lines', 'two.jsonl'));
  assert.equal(record, {
    key: 'c.png',
    origin: 'two.jsonl:1',
    image: { kind: 'file', folder: at('lines'), path: 'c.png' },
    captions: [],
    label: 'c',
  });
});

test('what names no data is refused with what would', async () => {
  await failsWith(() => openNamed(at('nothing')), 'nothing: there is no such file or folder');
  await failsWith(() => openNamed(at('text.txt')), 'text.txt: is no data that is known', '.jsonl');
  await failsWith(() => openNamed(folder), 'holds no .tar shards and no .jsonl file');
  await failsWith(() => openNamed(at('both')), 'holds .tar shards and .jsonl files');
});

testWithShared(test, 'shards by their folder and by their name', 'data/flickr8k', async (path) => {
  const [first] = await recordsOf(join(path, 'dev-00000.tar'));
  assert.ok(first && 'captions' in first && first.captions.length === 5);
  assert.match((await openNamed(path)).name, 'flickr8k');
});

test.run();
