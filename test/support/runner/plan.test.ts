import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { testTarget } from '../backends.ts';
import { isRequired } from '../requirement.ts';
import { discover } from './discover.ts';
import { type PreparedTarget, plan } from './plan.ts';
import { summarize } from './report.ts';

const test = suite('planning a test run');
const folder = mkdtempSync(join(tmpdir(), 'mmgem-plan-'));
test.after(() => rmSync(folder, { recursive: true }));
const requirement = process.env.MMGEM_REQUIRE;
test.before.each(() => {
  delete process.env.MMGEM_REQUIRE;
});
test.after(() => {
  if (requirement !== undefined) process.env.MMGEM_REQUIRE = requirement;
});

const sources = join(folder, 'test');
const compiled = join(folder, 'dist');
for (const name of ['dsl/dim', 'kernels/matmul.device', 'model/photos.heavy.device']) {
  for (const [root, ending] of [
    [sources, 'ts'],
    [compiled, 'js'],
  ] as const) {
    const file = join(root, `${name}.test.${ending}`);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, '');
  }
}
writeFileSync(join(compiled, 'dsl', 'deleted.test.js'), '');

const present: PreparedTarget = {
  target: testTarget('wasm-baseline'),
  readiness: { ready: true, node: '/node', env: { A: '1' }, detail: '' },
};
const missing: PreparedTarget = {
  target: testTarget('dawn-lavapipe'),
  readiness: { ready: false, reason: 'no driver' },
};
const options = { folder, requested: [] };

test('finds files by their sources and reads the marks in their names', () => {
  assert.equal(
    discover(sources, compiled).map(({ name, device, heavy }) => [name, device, heavy]),
    [
      ['dsl/dim', false, false],
      ['kernels/matmul.device', true, false],
      ['model/photos.heavy.device', true, true],
    ],
  );
});

test('a source that is not compiled is an error', () => {
  assert.throws(() => discover(sources, join(folder, 'elsewhere')), /not compiled: run `npm run build`/);
});

test('ordinary files run once, device files once per target that is there', () => {
  const { jobs, skips, failures } = plan(discover(sources, compiled), [present, missing], options);
  assert.equal(
    jobs.map((job) => [job.name, job.node, job.env.MMGEM_TARGET]),
    [
      ['dsl/dim', process.execPath, undefined],
      ['kernels/matmul.device [wasm-baseline]', '/node', 'wasm-baseline'],
      ['model/photos.heavy.device [wasm-baseline]', '/node', 'wasm-baseline'],
    ],
  );
  assert.equal(skips, [
    'kernels/matmul.device [dawn-lavapipe]: no driver',
    'model/photos.heavy.device [dawn-lavapipe]: no driver',
  ]);
  assert.equal(failures, []);
});

test('a missing target fails the run when it is required or asked for', () => {
  const files = discover(sources, compiled);
  const asked = plan(files, [missing], { ...options, requested: ['dawn-lavapipe'] });
  process.env.MMGEM_REQUIRE = 'dawn-swiftshader, dawn-lavapipe';
  for (const planned of [asked, plan(files, [missing], options)]) {
    assert.equal(planned.failures, ['dawn-lavapipe is required: no driver']);
    assert.is(summarize(planned, []).ok, false);
  }
});

test('MMGEM_REQUIRE is all, names, or nothing', () => {
  assert.is(isRequired('wasm-wide', 'all'), true);
  assert.is(isRequired('wasm-wide', 'dawn-lavapipe'), false);
  assert.is(isRequired('wasm-wide', ''), false);
  assert.throws(() => isRequired('wasm-wide', 'dawn-lavapip'), /names dawn-lavapip; it may hold all, wasm-baseline/);
});

test('a run of nothing fails', () => {
  const { text, ok } = summarize({ jobs: [], skips: [], failures: [] }, []);
  assert.is(ok, false);
  assert.is(text.split('\n').at(-1), '0 passed, 1 failed, 0 skipped');
});

test('the summary repeats every reason and ends with the counts', () => {
  const job = plan(discover(sources, compiled), [present], options).jobs[0]!;
  const result = { job, seconds: 1, output: '', passed: 4, failed: 1, skipped: 1, skips: ['photos: not here'] };
  const { text } = summarize({ jobs: [job], skips: ['x [dawn-lavapipe]: no driver'], failures: [] }, [result]);
  assert.equal(text.split('\n'), [
    '',
    'Skipped:',
    '  x [dawn-lavapipe]: no driver',
    '  dsl/dim: photos: not here',
    '',
    'Failed:',
    '  dsl/dim: 1 failed',
    '',
    '4 passed, 1 failed, 2 skipped',
  ]);
});

test.run();
