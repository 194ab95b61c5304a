import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { goldenPath } from '../support/repository.ts';
import { mmgem, mmgemJson, removeTemporaryFolders, temporaryFolder } from './support.ts';

const test = suite('verify');
test.after(removeTemporaryFolders);

interface Report {
  readonly backend: string;
  readonly ok: boolean;
  readonly rows: readonly {
    readonly case: string;
    readonly error?: number;
    readonly tolerance?: number;
    readonly ok: boolean;
  }[];
}

test('the golden operators are right on wasm, worst last', async () => {
  const { backend, ok, rows } = await mmgemJson<Report>([
    'verify',
    goldenPath(),
    '--backend',
    'wasm',
    '--only',
    'roi_align|preprocess|tiny_forward',
  ]);
  assert.match(backend, /^wasm: /);
  assert.ok(ok);
  assert.ok(rows.length > 10);
  const badness = rows.flatMap(({ error, tolerance }) =>
    error === undefined || !tolerance ? [] : [error / tolerance],
  );
  assert.equal(
    badness,
    [...badness].sort((a, b) => a - b),
  );
});

test('a wrong value fails, and is named in the last line of the table', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'roi_align.safetensors');
  await copyFile(goldenPath('roi_align.safetensors'), path);
  const bytes = await readFile(path);
  const header = Number(bytes.readBigUInt64LE(0));
  const entries = JSON.parse(bytes.toString('utf8', 8, 8 + header)) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const name = Object.keys(entries).find((key) => key.endsWith('/out'))!;
  const at = 8 + header + entries[name]!.data_offsets[0];
  bytes.writeFloatLE(bytes.readFloatLE(at) + 10, at);
  await writeFile(path, bytes);
  const { code, stdout } = await mmgem(['verify', folder, '--backend', 'interpreter']);
  assert.is(code, 1);
  const lines = stdout.trimEnd().split('\n');
  assert.match(lines.at(-1)!, '1 not');
  const worst = lines.at(-4)!;
  assert.match(worst, /^✗/);
  assert.match(worst, name.split('/')[0]!);
});

test('a folder without golden files is an error', async () => {
  const folder = await temporaryFolder();
  const { code, stderr } = await mmgem(['verify', folder, '--backend', 'interpreter']);
  assert.is(code, 1);
  assert.match(stderr, 'holds no golden files');
});

test.run();
