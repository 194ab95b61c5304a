import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cacheDirectory } from './wasm-steps.ts';

const test = suite('wasm exit');
const program = fileURLToPath(new URL('./wasm-exit.js', import.meta.url));

/** Runs the program to its end, which must come by itself. */
function outcome(ending: string): Promise<{ readonly code: number; readonly lines: string[] }> {
  const env = { ...process.env, MMGEM_CACHE: cacheDirectory };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ending], { env, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error ? Number(error.code ?? -1) : 0;
      resolve({ code, lines: [...stdout.trim().split('\n'), ...stderr.trim().split('\n').filter(Boolean)] });
    });
  });
}

const closed = 'the wasm engine was closed; open another';

test('an engine that was forgotten does not keep the process', async () => {
  assert.equal(await outcome('forgotten'), { code: 0, lines: ['end'] });
});

test('a run that nobody awaits does', async () => {
  assert.equal(await outcome('unawaited'), { code: 0, lines: ['end', 'finished'] });
});

test('after close the process ends, and calls say that the engine is closed', async () => {
  assert.equal(await outcome('closed'), { code: 0, lines: [closed, 'end'] });
});

test('closing rejects what runs and what waits', async () => {
  assert.equal(await outcome('closedWhileRunning'), { code: 0, lines: [closed, closed, 'end'] });
});

test('closing rejects what is being compiled', async () => {
  const lines = ['the wasm engine was closed while kernels were compiled', 'end'];
  assert.equal(await outcome('closedWhileCompiling'), { code: 0, lines });
});

test('a thread that is lost rejects the run, and the engine says that it is closed', async () => {
  const lost =
    'a thread of the wasm engine was lost (thread: exit code 1). What it held is gone: open the engine again and load the weights again';
  assert.equal(await outcome('threadLost'), { code: 0, lines: [lost, 'thread', lost, lost, 'end'] });
});

test('process.exit while kernels run ends at once', async () => {
  assert.equal(await outcome('exits'), { code: 7, lines: ['end'] });
});

test.run();
