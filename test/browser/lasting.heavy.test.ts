/** What shows only after a while: memory that grows, a GPU or a server that goes away. */
import * as assert from 'uvu/assert';
import { servePage } from './support/built-page.ts';
import { browserSuite } from './support/suite.ts';
import type { Tab } from './support/tab.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const folder = await temporaryFolder();
const site = await servePage(folder.path, 'small');
const suite = browserSuite('lasting', 'chromium');

async function openModel(tab: Tab, backend: string): Promise<void> {
  await tab.page.goto(`${site.origin}/model/`);
  await tab.page.waitForFunction(() => 'openModel' in globalThis);
  await tab.page.evaluate((name) => globalThis.openModel(name), backend);
}

/** Captions of an image of noise, and the bytes that the engine holds afterwards. */
function caption(tab: Tab, times: number): Promise<number> {
  return tab.page.evaluate(async (count) => {
    const { engine, model } = globalThis.opened;
    const data = Uint8ClampedArray.from({ length: 4 * 32 * 32 }, (_, i) => (i * 97) % 256);
    for (let i = 0; i < count; i++) await model.caption(new ImageData(data, 32, 32), { maxLength: 12 }).text();
    return engine.memory().current;
  }, times);
}

/** Bytes of JavaScript's objects on the page and in the engine's worker, after a collection. Threads of kernels wait, and answer nothing. */
async function heapBytes({ page }: Tab): Promise<number> {
  const engines = page.workers().filter((worker) => worker.url().endsWith('/engine.js'));
  const clients = [await page.createCDPSession(), ...engines.map(({ client }) => client)];
  let total = 0;
  for (const client of clients) {
    await client.send('HeapProfiler.collectGarbage');
    total += (await client.send('Runtime.getHeapUsage')).usedSize;
  }
  return total;
}

suite.test('fifty captions leave nothing behind', async (tab) => {
  await openModel(tab, 'wasm');
  const engineBefore = await caption(tab, 5);
  const heapBefore = await heapBytes(tab);
  const engineAfter = await caption(tab, 50);
  const heapAfter = await heapBytes(tab);
  assert.is(engineAfter, engineBefore);
  assert.ok(heapAfter - heapBefore < 500_000, `the heap grows from ${heapBefore} to ${heapAfter} bytes`);
});

suite.test('without the server the model is loaded again from what was kept', async (tab) => {
  await openModel(tab, 'wasm');
  await site.goAway();
  try {
    const text = await tab.page.evaluate(async () => {
      const { engine, model } = globalThis.opened;
      await model.close();
      const again = await globalThis.loadModel(engine);
      return again.caption(new ImageData(32, 32), { maxLength: 4 }).text();
    });
    assert.type(text, 'string');
  } finally {
    await site.comeBack();
  }
  tab.expectProblem(/ERR_CONNECTION_REFUSED/);
});

suite.test('a GPU process that crashes costs no caption', async (tab) => {
  await openModel(tab, 'webgpu');
  const before = await tab.page.evaluate(() =>
    globalThis.opened.model.caption(new ImageData(32, 32), { maxLength: 8 }).text(),
  );
  const browser = await tab.page.browser().target().createCDPSession();
  await browser.send('Browser.crashGpuProcess');
  const after = await tab.page.evaluate(() =>
    globalThis.opened.model.caption(new ImageData(32, 32), { maxLength: 8 }).text(),
  );
  assert.is(after, before);
});

suite.after(async () => {
  await site[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
suite.run();
