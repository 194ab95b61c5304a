import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { repositoryRoot } from '../support/repository.ts';
import { removeTemporaryFolders, runProgram, temporaryFolder } from './support.ts';

const test = suite('npm start');
test.after(removeTemporaryFolders);

test('shows the model at work, says when its weights are random, and writes a page', async () => {
  const TMPDIR = await temporaryFolder();
  // Without building again, which would change files that other tests use.
  const { scripts } = JSON.parse(await readFile(join(repositoryRoot, 'package.json'), 'utf8'));
  const [, started] = /^npm run build --silent && node (.*)$/.exec(scripts.start) ?? [];
  assert.ok(started, scripts.start);
  const { code, stdout, stderr } = await runProgram(process.execPath, [...started!.split(' '), '--backend', 'wasm'], {
    cwd: repositoryRoot,
    env: { MMGEM_MODEL: undefined, TMPDIR },
    seconds: 900,
  });
  assert.is(code, 0, stdout + stderr);
  assert.match(stdout, /^MM-GEM: nano, \d\.\d M parameters, on wasm: /);
  assert.match(stdout, /^captions right +\d of 6$/m);
  const page = await readFile(/^Pictures, boxes and heat maps: (.*)$/m.exec(stdout)![1]!, 'utf8');
  assert.match(page, /^<!doctype html>/);
  const isTrained = await readFile(join(repositoryRoot, 'model/nano/model.safetensors')).then(
    () => true,
    () => false,
  );
  for (const text of [stdout.replaceAll('\n', ' '), page]) {
    assert.is(text.includes('has no trained weights'), !isTrained, 'random weights are told, and only those');
  }
});

test.run();
