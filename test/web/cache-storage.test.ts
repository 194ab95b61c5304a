// The Cache Storage of a real host, which is Deno here: kept from one process to the next, replaced, absent in Node.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cacheStorage } from '../../targets/web/files/cache-storage.ts';
import { smallConfig, smallModelFiles } from '../model/small-model.ts';
import { repositoryRoot } from '../support/repository.ts';
import { skip, skipBackend } from '../support/skip.ts';
import { serve } from './server.ts';
import { modelBytes, modelFiles, testStore, withManifest } from './support.ts';

const test = suite('Cache Storage');

const deno = join(repositoryRoot, 'node_modules', '.bin', 'deno');
const program = fileURLToPath(new URL('./deno-store.js', import.meta.url));

const inDeno = async (): Promise<void> => {
  const home = mkdtempSync(join(tmpdir(), 'mmgem-deno-'));
  const run = async (url: string) => {
    const given = [
      'run',
      '--no-remote',
      '--no-config',
      '--allow-all',
      '--location',
      'https://mmgem.invalid/',
      program,
      url,
    ];
    const { stdout } = await promisify(execFile)(deno, given, { env: { ...process.env, DENO_DIR: home } });
    return JSON.parse(stdout) as unknown;
  };
  try {
    await using server = await serve(withManifest(modelFiles));
    assert.equal(await run(server.url), { bytes: modelBytes, downloaded: modelBytes, versions: 1 });
    assert.equal(await run(server.url), { bytes: modelBytes, downloaded: 0, versions: 1 });
    const weights = (await smallModelFiles(smallConfig, 2))['model.safetensors']!;
    server.files = withManifest({ ...modelFiles, 'model.safetensors': weights });
    assert.equal(await run(server.url), { bytes: modelBytes, downloaded: weights.length, versions: 1 });
  } finally {
    rmSync(home, { recursive: true });
  }
};

const name = 'keeps blocks from one process to the next, and the newest version alone';
if (existsSync(deno)) test(name, inDeno);
else skipBackend(test, name, 'deno', 'npm install has not brought deno');

const withoutIt = 'where there is none, that is told once and loading goes on';
if ('caches' in globalThis) skip(test, withoutIt, 'this Node has a Cache Storage');
else {
  test(withoutIt, async () => {
    await using server = await serve(modelFiles);
    const { store, warnings } = testStore(server.url, { cache: cacheStorage() });
    await store.readText('config.json');
    assert.is(warnings.length, 1);
    assert.match(
      warnings[0]!,
      /are not kept for the next time: there is no Cache Storage here; browsers have it on pages/,
    );
  });
}

test.run();
