// files.json: written by mmgem manifest, refused with the field's name when it is faulty, whatever stands in it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MmgemError } from '../../model/errors.ts';
import { random } from '../../model/random.ts';
import { writeManifest } from '../../targets/node/manifest.ts';
import { defaultBlockBytes, parseManifest, printManifest } from '../../targets/web/files/manifest.ts';
import { failsWith } from '../files/support.ts';
import { repositoryRoot } from '../support/repository.ts';

const test = suite<{ dir: string }>('manifest');

test.before.each((context) => {
  context.dir = mkdtempSync(join(tmpdir(), 'mmgem-manifest-'));
});
test.after.each(({ dir }) => rmSync(dir, { recursive: true }));

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('lists every file of a folder with its hashes', async ({ dir }) => {
  const big = Uint8Array.from({ length: 2 * defaultBlockBytes + 3 }, (_, i) => i >>> 4);
  writeFileSync(join(dir, 'big.bin'), big);
  writeFileSync(join(dir, 'empty.txt'), '');
  writeFileSync(join(dir, '.hidden'), 'x');
  mkdirSync(join(dir, 'sub'));
  const progress: number[] = [];
  const made = await writeManifest(dir, { onProgress: (done, total) => progress.push(done / total) });
  assert.is(progress.at(-1), 1);
  const text = readFileSync(join(dir, 'files.json'), 'utf8');
  const { blockBytes, files } = parseManifest(text, 'files.json');
  assert.equal({ blockBytes, files }, made);
  assert.equal([...files.keys()], ['big.bin', 'empty.txt']);
  const { bytes, sha256, blocks } = files.get('big.bin')!;
  assert.is(bytes, big.length);
  assert.is(sha256, hashOf(big));
  assert.equal(
    blocks,
    [0, 1, 2].map((i) => hashOf(big.subarray(i * blockBytes, (i + 1) * blockBytes))),
  );
  assert.equal(files.get('empty.txt')!.blocks, []);
  await writeManifest(dir);
  assert.is(readFileSync(join(dir, 'files.json'), 'utf8'), text, 'does not list itself');
});

test('the command', ({ dir }) => {
  writeFileSync(join(dir, 'config.json'), '{}');
  const main = join(repositoryRoot, 'dist', 'targets', 'node', 'cli', 'main.js');
  const json = JSON.parse(execFileSync(process.execPath, [main, 'manifest', dir, '--json'], { encoding: 'utf8' }));
  assert.is(json.out, join(dir, 'files.json'));
  assert.equal(json.files, [{ name: 'config.json', bytes: 2, sha256: hashOf(Buffer.from('{}')) }]);
});

test('an empty folder is refused', async ({ dir }) => {
  await failsWith(() => writeManifest(dir), dir, 'holds no files');
});

const hash = 'a'.repeat(64);
const good = {
  format: 'mmgem-files',
  version: 1,
  block_bytes: 65536,
  files: [
    { name: 'config.json', bytes: 10, sha256: hash },
    { name: 'deep/er/model.bin', bytes: 65537, sha256: hash, blocks: [hash, hash] },
  ],
};
const file = good.files[0]!;

test('faults are named', async () => {
  const one = (change: object) => ({ ...good, files: [{ ...file, ...change }] });
  const cases: readonly (readonly [unknown, string])[] = [
    [[], 'its format is not "mmgem-files"'],
    [{ ...good, version: 2 }, 'its version is 2, and this mmgem reads 1'],
    [{ ...good, block_bytes: 1000 }, 'block_bytes is 1000, not an integer from 65536'],
    [{ ...good, extra: 1 }, 'it has the unknown field "extra"'],
    [{ ...good, files: {} }, 'files is {}, not a list'],
    [{ ...good, files: [file, file] }, 'lists "config.json" twice'],
    [one({ name: '../x' }), 'files[0].name is "../x", not a path inside the folder'],
    [one({ name: '/x' }), 'files[0].name'],
    [one({ name: 'a\\b' }), 'files[0].name'],
    [one({ name: undefined }), 'files[0].name is missing'],
    [one({ bytes: -1 }), 'files[0].bytes is -1, not an integer ≥ 0'],
    [one({ bytes: 2 ** 60 }), 'files[0].bytes'],
    [one({ sha256: 'A'.repeat(64) }), 'files[0].sha256'],
    [one({ bytes: 65537 }), 'files[0].blocks is missing'],
    [one({ bytes: 65537, blocks: [hash] }), 'files[0].blocks has 1 entries, but 65537 bytes are 2 blocks of 65536'],
    [one({ blocks: ['b'.repeat(64)] }), 'files[0].blocks[0] is not its sha256'],
    [one({ size: 1 }), 'files[0] has the unknown field "size"'],
  ];
  for (const [json, problem] of cases) {
    await failsWith(
      () => parseManifest(JSON.stringify(json), 'm/files.json'),
      'm/files.json',
      problem,
      'mmgem manifest',
    );
  }
});

test('whatever stands in it, reading ends in a manifest or in an MmgemError', () => {
  const text = printManifest(parseManifest(JSON.stringify(good), 'files.json'));
  assert.equal(JSON.parse(text), good);
  const source = random(1, 'manifest');
  const below = (n: number) => source.integer() % n;
  const scraps = [
    '"',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '-1',
    'null',
    '1e999',
    '"../x"',
    '"__proto__"',
    '\\',
    '\u0000',
    '0',
  ];
  let [refused, kept] = [0, 0];
  for (let round = 0; round < 5000; round++) {
    let given = text;
    for (let edits = 1 + below(3); edits > 0; edits--) {
      const [at, length] = [below(given.length), below(12)];
      given = given.slice(0, at) + (below(2) ? scraps[below(scraps.length)] : '') + given.slice(at + length);
    }
    try {
      const { files } = parseManifest(given, 'files.json');
      for (const { bytes, blocks, name } of files.values()) {
        assert.ok(Number.isSafeInteger(bytes) && bytes >= 0 && (blocks.length > 0 || bytes === 0));
        assert.not(name.split('/').includes('..'));
      }
      kept++;
    } catch (error) {
      assert.instance(error, MmgemError, `${error} for ${given}`);
      refused++;
    }
  }
  assert.ok(refused > 500 && kept > 100, `${refused} were refused, ${kept} read`);
});

test.run();
