import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { judge } from './outcome.ts';

const test = suite('judging what a test process printed');

const closing = (total: number, passed: number, skipped: number) =>
  `\n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  1.00ms\n\n`;
const clean = { exitCode: 0, signal: null };

test('passing tests', () => {
  assert.equal(judge({ ...clean, output: closing(3, 3, 0) }), { passed: 3, failed: 0, skipped: 0, skips: [] });
});

test('colours and Windows line ends do not hide the counts', () => {
  const output = closing(3, 3, 0).replace('  Passed', '\u001b[32m  Passed').replaceAll('\n', '\r\n');
  assert.is(judge({ ...clean, output: `${output}\u001b[39m` }).passed, 3);
});

test('failing tests are counted without a further problem', () => {
  const outcome = judge({ output: closing(5, 3, 0), exitCode: 1, signal: null });
  assert.equal(outcome, { passed: 3, failed: 2, skipped: 0, skips: [] });
});

test('skips come with their reasons', () => {
  const outcome = judge({ ...clean, output: `SKIP photos: not here\n${closing(1, 1, 1)}` });
  assert.equal(outcome, { passed: 1, failed: 0, skipped: 1, skips: ['photos: not here'] });
});

for (const [name, ending, problem] of [
  ['no tests', { ...clean, output: closing(0, 0, 0) }, /no tests/],
  ['a skip without a reason', { ...clean, output: closing(2, 2, 1) }, /1 tests are skipped, but 0 reasons/],
  ['a crash before the end', { ...clean, exitCode: 7, output: 'half a' }, /exit code 7 before its tests were done/],
  ['a crash after the end', { ...clean, exitCode: 7, output: closing(2, 2, 0) }, /passed, but .* exit code 7/],
  ['a signal', { exitCode: null, signal: 'SIGSEGV', output: closing(2, 2, 0) }, /SIGSEGV/],
  ['two closings', { ...clean, output: closing(2, 2, 0) + closing(2, 2, 0) }, /ran more than once/],
  ['a process that the runner ended', { ...clean, output: closing(2, 2, 0), ended: 'too late' }, /too late/],
] as const) {
  test(`${name} is a failure`, () => {
    const outcome = judge(ending);
    assert.is(outcome.failed, 1);
    assert.match(outcome.problem ?? '', problem);
  });
}

test.run();
