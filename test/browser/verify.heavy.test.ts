/** Golden files on every backend of every browser. */
import * as assert from 'uvu/assert';
import type { VerifyRow } from '../../model/verify/verify.ts';
import { goldenPath } from '../support/repository.ts';
import type { Kernels } from './pages/verify.ts';
import type { Verified, Verify } from './pages/verify-worker.ts';
import { browserNames } from './support/browsers.ts';
import { bundlePage } from './support/bundle.ts';
import { Site } from './support/site.ts';
import { browserSuite } from './support/suite.ts';
import type { Tab } from './support/tab.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const operators = ['operators.safetensors', 'roi_align.safetensors'];
const forward = ['tiny_params.safetensors', 'tiny_batch.safetensors', 'tiny_forward.safetensors'];
const training = ['tiny_stage2_caption.safetensors', 'tiny_stage2_retrieval.safetensors'];
const rowsOf = { operators: 50 + 82 + 6 + 6, forward: 12, training: 12 + 9 };

const folder = await temporaryFolder();
await bundlePage('verify', folder.path);
const site = await Site.open({ '/': folder.path, '/golden/': goldenPath() });

/** Compiling kernels takes longer than all the rest: what one page has compiled is given to the next one, of any browser. */
let kernels: Kernels = {};

async function verify(tab: Tab, what: Verify): Promise<Verified> {
  await tab.page.goto(site.origin);
  await tab.page.waitForFunction(() => 'verifyGolden' in globalThis);
  await tab.page.evaluate((given) => globalThis.keepKernels(given), kernels);
  const verified = await tab.page.evaluate((given) => globalThis.verifyGolden(given), what);
  kernels = await tab.page.evaluate(() => globalThis.keptKernels());
  return verified;
}

function assertAllWithin(rows: readonly VerifyRow[], count: number): void {
  assert.equal(
    rows.flatMap(({ ok, ...row }) => (ok ? [] : [row])),
    [],
  );
  assert.is(rows.length, count);
}

const suites = browserNames.map((browser) => {
  const suite = browserSuite('verify', browser);

  suite.test('webgpu: operators and the forward pass', async (tab) => {
    const { rows } = await verify(tab, { backend: 'webgpu', files: [...operators, ...forward] });
    assertAllWithin(rows, rowsOf.operators + rowsOf.forward);
  });

  for (const isolated of [true, false]) {
    const page = isolated ? 'an isolated page' : 'a page that is not isolated';
    suite.test(`wasm on ${page}: operators, the forward pass, training`, async (tab) => {
      site.isolated = isolated;
      const files = [...operators, ...forward, ...training];
      const { rows, description } = await verify(tab, { backend: 'wasm', files });
      assert.match(description, /relaxed SIMD/);
      assertAllWithin(rows, rowsOf.operators + rowsOf.forward + rowsOf.training);
    });
  }
  return suite;
});

suites.at(-1)!.after(async () => {
  await site[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
for (const suite of suites) suite.run();
