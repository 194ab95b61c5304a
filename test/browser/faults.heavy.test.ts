/** What the page says when something is missing, damaged or cut off, and that it stays usable. */
import { cp, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { servePage } from './support/built-page.ts';
import { browserSuite } from './support/suite.ts';
import type { Tab } from './support/tab.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { Visitor } from './support/visitor.ts';

const folder = await temporaryFolder();
const site = await servePage(folder.path, 'small');
const model = join(folder.path, 'page', 'models', 'nano');
const damaged = join(folder.path, 'page', 'models', 'damaged');
await cp(model, damaged, { recursive: true });
await truncate(join(damaged, 'model.safetensors'), 20_000);
const noImage = join(folder.path, 'notes.jpg');
await writeFile(noImage, 'These are notes.');

const suite = browserSuite('faults of the page', 'chromium');

suite.test('the model is missing', async (tab) => {
  tab.expectProblem(/404/);
  const visitor = new Visitor(tab);
  await visitor.visit(site.origin, 'backend=wasm&model=models/none/');
  const message = await visitor.message(/could not be loaded/);
  assert.match(message, /models\/none/);
  console.log(message);
});

suite.test('a file of the model is cut off', async (tab) => {
  const visitor = new Visitor(tab);
  await visitor.visit(site.origin, 'backend=wasm&model=models/damaged/');
  const message = await visitor.message(/could not be loaded/);
  assert.match(message, /model\.safetensors/);
  console.log(message);
});

suite.test('the network is cut while the model is loaded, and comes back', async (tab) => {
  tab.expectProblem(/model\.safetensors|ERR_/);
  const visitor = new Visitor(tab);
  site.accidents = [{ path: /model\.safetensors/, cutAfter: 20_000 }];
  await visitor.visit(site.origin, 'backend=wasm');
  const message = await visitor.message(/could not be loaded/);
  console.log(message);
  site.accidents = [];
  await visitor.press('Try again');
  await visitor.untilReady('WebAssembly');
  assert.ok((await visitor.caption()).length > 0);
});

suite.test('a file is no image', async (tab) => {
  const visitor = new Visitor(tab);
  await visitor.visit(site.origin, 'backend=wasm');
  await visitor.untilReady('WebAssembly');
  await visitor.addFiles(noImage);
  const message = await visitor.message(/notes\.jpg/);
  console.log(message);
  assert.ok((await visitor.caption()).length > 0);
});

/** The page works, says that nothing is kept and what to do, and works again when it is opened the next time. */
async function visitWithoutRoom(tab: Tab): Promise<void> {
  const visitor = new Visitor(tab);
  for (const visit of [1, 2]) {
    await visitor.visit(site.origin, 'backend=wasm');
    await visitor.untilReady('WebAssembly');
    assert.ok((await visitor.caption()).length > 0);
    const message = await visitor.message(/not kept for the next time/);
    assert.match(
      message,
      /storage for this site is full \(all files together have .+; (.+ of .+ are free|the browser does not tell .+)\)\. Everything works now/,
    );
    assert.match(message, /downloaded again the next time\. .*free some space/);
    assert.equal(await visitor.problems(), []);
    if (visit === 1) console.log(message);
    if (process.env.MMGEM_SCREENSHOTS) console.log(await tab.screenshot('no-room'));
  }
}

suite.test('there is no room to keep anything', async (tab) => {
  const session = await tab.page.createCDPSession();
  await session.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize: 1000 });
  await visitWithoutRoom(tab);
});

/** Kilobytes for all sites together. */
const littleRoom = { 'dom.quotaManager.temporaryStorage.fixedLimit': 64 };
const full = browserSuite('a page without room', 'firefox', { preferences: littleRoom });
full.test('works, and says that nothing is kept', async (tab) => {
  // While it is driven, Firefox now and then never loads a kernel's thread; a page that is not isolated needs none.
  site.isolated = false;
  await visitWithoutRoom(tab);
});

const without = browserSuite('a page without WebGPU', 'chromium', { webgpu: false });
without.test('says so, and runs on WebAssembly', async (tab) => {
  site.isolated = true;
  const visitor = new Visitor(tab);
  await visitor.visit(site.origin);
  await visitor.untilReady('WebAssembly');
  const status = await visitor.text('#backend-webgpu-status');
  console.log(status);
  assert.match(status, /WebGPU/);
});

without.after(async () => {
  await site[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
suite.run();
full.run();
without.run();
