// targets/web runs where there is nothing of Node: what it imports, however far down, is in any browser.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { repositoryRoot } from '../support/repository.ts';

const test = suite('web standards alone');

const folder = join(repositoryRoot, 'targets', 'web');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

test('nothing of targets/web needs Node', async () => {
  assert.ok(files.length > 10, files.join(', '));
  const { errors } = await build({
    entryPoints: files.map((name) => join(folder, name)),
    bundle: true,
    platform: 'browser',
    format: 'esm',
    outdir: 'unused',
    write: false,
    logLevel: 'silent',
  });
  assert.equal(errors, []);
});

test.run();
