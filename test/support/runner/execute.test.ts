import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { repositoryRoot } from '../repository.ts';
import { execute, executeAll, type Job } from './execute.ts';

const test = suite('running test files in processes');
const folder = mkdtempSync(join(tmpdir(), 'mmgem-runner-'));
test.after(() => rmSync(folder, { recursive: true }));

const uvu = JSON.stringify(join(repositoryRoot, 'node_modules', 'uvu', 'dist', 'index.mjs'));

/** A job whose file registers tests on `t` and may do anything else. */
function job(name: string, body: string, changes: Partial<Job> = {}): Job {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, `import { suite } from ${uvu};\nconst t = suite('t');\n${body}\nt.run();\n`);
  const limits = { timeoutSeconds: 20, drainSeconds: 10, heavy: false };
  return { name, node: process.execPath, file, folder, env: {}, ...limits, ...changes };
}

test('counts passed and failed tests and keeps what they print', async () => {
  const result = await execute(job('mixed', "t('a', () => {}); t('b', () => { throw new Error('broken lamp'); });"));
  assert.equal([result.passed, result.failed, result.skipped, result.problem], [1, 1, 0, undefined]);
  assert.match(result.output, /broken lamp/);
});

test('reads a long output to its end', async () => {
  const result = await execute(job('long', "t('a', () => { console.log('x'.repeat(3e6)); });"));
  assert.equal([result.passed, result.failed], [1, 0]);
});

test('passes the environment on', async () => {
  const body = "t('a', () => { if (process.env.MMGEM_TARGET !== 'x') throw new Error(); });";
  assert.is((await execute(job('env', body, { env: { MMGEM_TARGET: 'x' } }))).passed, 1);
});

test('a crash is a failure', async () => {
  const result = await execute(job('crash', "t('a', () => process.kill(process.pid, 'SIGSEGV'));"));
  assert.match(result.problem ?? '', /SIGSEGV/);
  assert.is(result.failed, 1);
});

test('a file that cannot be loaded is a failure', async () => {
  const result = await execute(job('load', "await import('./nowhere.mjs');"));
  assert.match(result.problem ?? '', /exit code 1 before its tests were done/);
});

test('a test that hangs is ended, with what it started', async () => {
  const beats = join(folder, 'beats');
  const beat = `setInterval(() => require('node:fs').appendFileSync(${JSON.stringify(beats)}, '.'), 20)`;
  const body = `import { spawn } from 'node:child_process';
    spawn(process.execPath, ['-e', ${JSON.stringify(beat)}]);
    t('a', () => new Promise(() => setInterval(() => {}, 1000)));`;
  const result = await execute(job('hang', body, { timeoutSeconds: 2 }));
  assert.match(result.problem ?? '', /did not end within 2 s/);
  const size = statSync(beats).size;
  await wait(300);
  assert.ok(size > 0);
  assert.is(statSync(beats).size, size);
});

test('a process that goes on after its tests is a failure', async () => {
  const body = "t('a', () => { setInterval(() => {}, 1000); });";
  const result = await execute(job('open', body, { drainSeconds: 1 }));
  assert.match(result.problem ?? '', /something was left open/);
  assert.equal([result.passed, result.failed], [1, 1]);
});

test('a missing program is a failure', async () => {
  const result = await execute(job('program', '', { node: join(folder, 'no-node') }));
  assert.match(result.problem ?? '', /could not be started/);
});

test('heavy jobs run alone, after the others', async () => {
  const body = "t('a', () => new Promise((resolve) => setTimeout(resolve, 300)));";
  const jobs = ['one', 'two', 'heavy'].map((name) => job(name, body, { heavy: name === 'heavy' }));
  const order: string[] = [];
  await executeAll(jobs.reverse(), 2, (result) => order.push(result.job.name));
  assert.is(order.at(-1), 'heavy');
  assert.is(order.length, 3);
});

test('an interruption ends what runs and starts nothing more', async () => {
  const controller = new AbortController();
  const body = "t('a', () => new Promise(() => setInterval(() => {}, 1000)));";
  setTimeout(() => controller.abort(), 500);
  const results = await executeAll([job('i1', body), job('i2', body)], 1, () => {}, controller.signal);
  assert.equal(
    results.map((result) => result.problem),
    ['it was interrupted'],
  );
});

test.run();
