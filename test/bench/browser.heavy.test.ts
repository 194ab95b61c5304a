/** Suite `browser` from end to end, on a small model: pages compute what Node does, and are timed. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BenchmarkResult } from '../../bench/result.ts';
import { browserKinds, findBrowser } from '../browser/support/browsers.ts';
import { temporaryFolder } from '../browser/support/temporary-folder.ts';
import { runProgram } from '../cli/support.ts';
import { smallModelFiles } from '../model/small-model.ts';
import { skipBackend } from '../support/skip.ts';

const test = suite('bench, browser');

const script = fileURLToPath(new URL('../../bench/main.js', import.meta.url));

/** Runs the suite with the contenders named, in an environment of its own. */
async function bench(
  browsers: string,
  only: string,
  env: Readonly<Record<string, string>> = {},
): Promise<BenchmarkResult> {
  await using folder = await temporaryFolder();
  const [model, json] = [join(folder.path, 'model'), join(folder.path, 'result.json')];
  await mkdir(model);
  for (const [name, content] of Object.entries(await smallModelFiles())) await writeFile(join(model, name), content);
  const what = ['--suite', 'browser', '--quick', '--rounds', '2', '--only', only, '--model', model, '--json', json];
  const who = ['--backend', 'wasm', '--browser', browsers];
  const { code, stderr } = await runProgram(process.execPath, [script, ...what, ...who], { seconds: 1700, env });
  assert.is(code, 0, stderr);
  return JSON.parse(await readFile(json, 'utf8'));
}

const name = 'pages of chromium, isolated and not, embed and write what Node does, and are timed';
const found = findBrowser(browserKinds.chromium);
if ('program' in found) {
  test(name, async () => {
    const { cases } = await bench('chromium-wasm,chromium-wasm-1', 'embed a text|caption');
    assert.equal(
      cases.map((one) => one.case),
      ['embed a text', 'caption, 20 tokens'],
    );
    for (const { contenders } of cases) {
      assert.is(contenders.length, 3);
      for (const { name: who, kind, failure, time, difference } of contenders) {
        assert.is(failure, undefined, who);
        assert.ok(time!.median > 0, who);
        if (kind === 'browser') assert.ok(difference! < 1e-4, `${who}: ${difference}`);
      }
      const [, isolated, alone] = contenders.map(({ description }) => description);
      assert.match(isolated!, /^Chromium \d+: .*, [2-9]\d* threads$/);
      assert.match(alone!, /^Chromium \d+, page not isolated: .*, 1 thread$/);
    }
  });
} else skipBackend(test, name, 'chromium', found.reason);

test('a browser that is not there is named with the reason', async () => {
  const missing = join('/', 'nowhere', 'firefox');
  const { unusable, cases } = await bench('firefox-wasm', 'embed a text', { MMGEM_FIREFOX: missing });
  assert.is(unusable['firefox-wasm'], `MMGEM_FIREFOX names ${missing}, which does not exist.`);
  assert.equal(
    cases[0]!.contenders.map(({ kind }) => kind),
    ['backend'],
  );
});

test.run();
