/** The page's main paths, in each browser. */
import { join } from 'node:path';
import sharp from 'sharp';
import * as assert from 'uvu/assert';
import { browserNames } from './support/browsers.ts';
import { servePage } from './support/built-page.ts';
import { browserSuite } from './support/suite.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { Visitor } from './support/visitor.ts';

const folder = await temporaryFolder();
const site = await servePage(folder.path, 'packaged');
const photo = join(folder.path, 'photo.png');
await sharp({ create: { width: 120, height: 80, channels: 3, background: '#2a6' } }).toFile(photo);

const suites = browserNames.map((browser) => {
  const suite = browserSuite('page', browser);

  suite.test('captions, finds, points at and describes a part of pictures', async (tab) => {
    site.isolated = true;
    const visitor = new Visitor(tab);
    await visitor.visit(site.origin, 'backend=wasm');
    await visitor.untilReady('WebAssembly');
    assert.ok((await visitor.caption()).length > 0);
    await visitor.find('a blue star');
    assert.ok((await visitor.describeMiddle()).length > 0);
    const before = await visitor.pictures();
    await visitor.addFiles(photo);
    await tab.page.waitForFunction(
      (count) => document.querySelectorAll('#gallery > *').length === count,
      {},
      before + 1,
    );
    assert.equal(await visitor.problems(), []);
    if (process.env.MMGEM_SCREENSHOTS) console.log(await tab.screenshot(`${browser}-page`));
  });

  suite.test('runs without isolation, on one thread, and says why', async (tab) => {
    site.isolated = false;
    const visitor = new Visitor(tab);
    await visitor.visit(site.origin, 'backend=wasm');
    await visitor.untilReady('WebAssembly');
    assert.ok((await visitor.caption()).length > 0);
    assert.match(await visitor.text('#backend-wasm-status'), /1 thread|one thread/);
    assert.equal(await visitor.problems(), []);
  });
  return suite;
});

suites.at(-1)!.after(async () => {
  await site[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
for (const suite of suites) suite.run();
