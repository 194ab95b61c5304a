/** One quick suite from end to end: every peer that is installed computes what mmgem does, and everything is timed. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BenchmarkResult } from '../../bench/result.ts';
import { runProgram } from '../cli/support.ts';
import { repositoryRoot } from '../support/repository.ts';
import { skip } from '../support/skip.ts';

const test = suite('bench, quick');

const script = fileURLToPath(new URL('../../bench/main.js', import.meta.url));

async function bench(...args: readonly string[]): Promise<{ readonly result: BenchmarkResult; readonly html: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'mmgem-bench-'));
  try {
    const files = [join(folder, 'result.json'), join(folder, 'page.html')] as const;
    const given = ['--quick', '--threads', '1', '--json', files[0], '--html', files[1], ...args];
    const { code, stderr } = await runProgram(process.execPath, [script, ...given], { seconds: 1200 });
    assert.is(code, 0, stderr);
    return { result: JSON.parse(await readFile(files[0], 'utf8')), html: await readFile(files[1], 'utf8') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('a memory plan is set against its lower bound', async () => {
  const { result } = await bench('--suite', 'memory', '--only', '^nano, batch 1$', '--backend', 'wasm-baseline');
  const [only] = result.cases;
  assert.ok(only!.figure!.ratio >= 1 && only!.figure!.ratio < 2, `${only!.figure!.ratio}`);
  assert.is(only!.figure!.against, 'lower bound');
});

const peers = ['onnxruntime-node', 'onnxruntime-web', 'jax-js', 'tfjs'];
const name = 'mmgem and all peers agree on a transformer and are timed, profile included';
if (existsSync(join(repositoryRoot, 'bench', 'peers', 'node_modules'))) {
  test(name, async () => {
    const choice = ['--suite', 'vit', '--only', 'batch 1', '--backend', 'wasm-baseline', '--profile'];
    const { result, html } = await bench(...choice);
    const { contenders } = result.cases[0]!;
    assert.equal(
      contenders.map((one) => one.name),
      ['wasm-baseline', ...peers, 'machine-peak', 'machine-bandwidth'],
    );
    for (const { name: who, failure, time, difference, kind } of contenders) {
      assert.is(failure, undefined, who);
      assert.ok(time!.median > 0, who);
      if (kind === 'peer') assert.ok(difference! < 1e-4, `${who}: ${difference}`);
    }
    assert.ok(contenders[0]!.profile!.some(({ kind }) => kind === 'contract'));
    assert.match(html, 'small ViT, batch 1');
  });
} else skip(test, name, 'the peers are not installed: npm ci --prefix bench/peers --ignore-scripts');

test.run();
