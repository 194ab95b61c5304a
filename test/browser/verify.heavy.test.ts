/** Golden files on every backend of every browser. */
import * as assert from 'uvu/assert';
import { goldenPath } from '../support/repository.ts';
import type { Verified } from './pages/verify.ts';
import { browserNames } from './support/browsers.ts';
import { bundlePage } from './support/bundle.ts';
import { Site } from './support/site.ts';
import { browserSuite } from './support/suite.ts';
import type { Tab } from './support/tab.ts';

const bundle = await bundlePage('verify.ts');
const site = await Site.open({ folders: { '/': bundle.folder, '/golden/': goldenPath() }, isolated: true });

async function verify(tab: Tab, backend: string, files: readonly string[]): Promise<Verified> {
  await tab.page.goto(site.origin);
  await tab.page.waitForFunction(() => 'verifyGolden' in globalThis);
  return tab.page.evaluate((...given) => globalThis.verifyGolden(...given), backend, files);
}

const suites = browserNames.map((browser) => {
  const suite = browserSuite('verify', browser);
  suite.test('operators on WebGPU', async (tab) => {
    tab.page.on('console', (m) => console.log(m.text()));
    const { rows, description, seconds } = await verify(tab, 'webgpu', [
      'operators.safetensors',
      'roi_align.safetensors',
    ]);
    console.log(description, seconds);
    assert.equal(
      rows.filter(({ ok }) => !ok).map((row) => JSON.stringify(row)),
      [],
    );
    assert.is(rows.length, 50 + 82 + 6 + 6);
  });
  return suite;
});
suites.at(-1)!.after(async () => {
  await site[Symbol.asyncDispose]();
  await bundle[Symbol.asyncDispose]();
});
for (const suite of suites) suite.run();
