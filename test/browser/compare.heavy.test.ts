/** The page on WebGPU, on a software adapter, and its comparison with WebAssembly. */
import * as assert from 'uvu/assert';
import { browserNames } from './support/browsers.ts';
import { servePage } from './support/built-page.ts';
import { browserSuite } from './support/suite.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { until } from './support/until.ts';
import { Visitor } from './support/visitor.ts';

const folder = await temporaryFolder();
const site = await servePage(folder.path, 'small');

const suites = browserNames.map((browser) => {
  const suite = browserSuite('the page on WebGPU', browser);
  suite.test('captions, finds, and says the same as on WebAssembly', async (tab) => {
    // While it is driven, Firefox now and then never loads a kernel's thread; a page that is not isolated needs none.
    site.isolated = browser !== 'firefox';
    const visitor = new Visitor(tab);
    await visitor.visit(site.origin, 'backend=webgpu');
    await visitor.untilReady('WebGPU');
    assert.ok((await visitor.caption()).length > 0);
    await visitor.find('a blue star');
    await visitor.press('Compare on this picture');
    await until(tab.page, 'the comparison', () => document.querySelector('#agreement p, .message.is-problem') !== null);
    assert.equal(await visitor.problems(), []);
    assert.match(await visitor.text('#agreement'), /agree to [5-7] digits: .+Both say the same: ./);
    const status = await visitor.text('#backend-webgpu-status');
    console.log(status);
    assert.match(status, /^\S.*, with(out)? .*A software driver, slower than WebAssembly$/);
    for (const card of ['webgpu', 'wasm']) {
      const figures = await tab.page.$$eval(`.backend:has([value=${card}]) dd`, (found) =>
        found.map(({ textContent }) => textContent),
      );
      for (const figure of figures) assert.match(figure, /^\d/);
    }
    if (process.env.MMGEM_SCREENSHOTS) console.log(await tab.screenshot(`${browser}-compared`));
  });
  return suite;
});

suites.at(-1)!.after(async () => {
  await site[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
for (const suite of suites) suite.run();
