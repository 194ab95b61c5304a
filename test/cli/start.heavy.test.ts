import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { removeTemporaryFolders, runProgram, temporaryFolder } from './support.ts';

const test = suite('npm start');
test.after(removeTemporaryFolders);

const startPath = fileURLToPath(new URL('../../targets/node/start/main.js', import.meta.url));

test('runs the whole path on every backend that is here, and they agree', async () => {
  const TMPDIR = await temporaryFolder();
  const { code, stdout, stderr } = await runProgram(process.execPath, [startPath], { env: { TMPDIR }, seconds: 900 });
  assert.is(code, 0, stdout + stderr);
  assert.match(stdout, 'random words');
  assert.match(stdout, /^wasm\n────$/m);
  assert.match(stdout, /^caption {2,}\S/m);
  assert.match(stdout, `Pictures are in ${TMPDIR}`);
  for (const backend of ['dawn']) {
    if (stdout.includes(`${backend}: not usable here`)) continue;
    assert.match(stdout, new RegExp(`^${backend} and wasm .* 2 of 2 captions the same$`, 'm'));
  }
});

test.run();
