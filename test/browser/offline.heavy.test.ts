/** The page without its server, and how a new build takes the place of the one that was kept. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { writeServiceWorker } from '../../targets/node/web/service-worker.ts';
import { browserNames } from './support/browsers.ts';
import { servePage } from './support/built-page.ts';
import { browserSuite } from './support/suite.ts';
import type { Tab } from './support/tab.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { Visitor } from './support/visitor.ts';

const folder = await temporaryFolder();
const site = await servePage(folder.path, 'small');
const built = join(folder.path, 'page');

/** Browsers tell of each request that found no server: the model's, which is told to the user, too. */
const refused = /ERR_CONNECTION_REFUSED|NS_ERROR_CONNECTION_REFUSED|models\/nano/;

async function withoutServer(work: () => Promise<void>): Promise<void> {
  await site.goAway();
  try {
    await work();
  } finally {
    await site.comeBack();
  }
}

const keptVersions = ({ page }: Tab): Promise<string[]> =>
  page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith('mmgem-page ')));

/** Builds the page with another title. */
async function rebuild(title: string): Promise<void> {
  const index = join(built, 'index.html');
  await writeFile(index, (await readFile(index, 'utf8')).replace(/<title>.*<\/title>/, `<title>${title}</title>`));
  await writeServiceWorker(built);
}

const suites = browserNames.map((browser) => {
  const suite = browserSuite('offline', browser);

  for (const isolated of [true, false]) {
    suite.test(`opens without its server, ${isolated ? '' : 'not '}isolated as before`, async (tab) => {
      site.isolated = isolated;
      const visitor = new Visitor(tab);
      await visitor.visit(site.origin, 'backend=wasm');
      await visitor.untilReady('WebAssembly');
      const before = await visitor.caption();
      const status = await visitor.text('#backend-wasm-status');
      await visitor.untilKept();
      assert.is((await keptVersions(tab)).length, 1);
      tab.expectProblem(refused);
      await withoutServer(async () => {
        await tab.page.reload();
        await visitor.untilReady('WebAssembly');
        assert.is(await visitor.caption(), before);
        assert.is(await tab.page.evaluate(() => crossOriginIsolated), isolated);
        assert.is(await visitor.text('#backend-wasm-status'), status);
        await visitor.message(/server cannot be reached/);
        assert.equal(await visitor.problems(), []);
      });
    });
  }

  suite.test('a new build is seen at once, and is what is kept', async (tab) => {
    site.isolated = true;
    const visitor = new Visitor(tab);
    await rebuild('first');
    await visitor.visit(site.origin, 'backend=wasm');
    await visitor.untilReady('WebAssembly');
    await visitor.untilKept();
    const [first] = await keptVersions(tab);
    await rebuild('second');
    await tab.page.reload();
    assert.is(await tab.page.title(), 'second');
    await visitor.untilReady('WebAssembly');
    while ((await keptVersions(tab)).includes(first!)) await new Promise((resolve) => setTimeout(resolve, 200));
    assert.is((await keptVersions(tab)).length, 1);
    await visitor.untilKept();
    tab.expectProblem(refused);
    await withoutServer(async () => {
      await tab.page.reload();
      assert.is(await tab.page.title(), 'second');
      await visitor.untilReady('WebAssembly');
    });
  });

  suite.test('nothing else on the same server is kept or answered', async (tab) => {
    const visitor = new Visitor(tab);
    await visitor.visit(site.origin, 'backend=wasm');
    await visitor.untilReady('WebAssembly');
    await visitor.untilKept();
    await tab.page.reload();
    assert.ok(await tab.page.evaluate(() => navigator.serviceWorker.controller !== null));
    tab.expectProblem(/./);
    await withoutServer(async () => {
      const failed = await tab.page.evaluate(() => fetch('/model/page.js').catch((error: Error) => error.name));
      assert.is(failed, 'TypeError');
    });
  });
  return suite;
});

suites.at(-1)!.after(async () => {
  await site[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
for (const suite of suites) suite.run();
