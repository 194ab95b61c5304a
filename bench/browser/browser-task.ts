/** A task in a page of a browser of its own, which ends with it. */
import { delimiter } from 'node:path';
import { type BrowserName, browserKinds, environmentOf, findBrowser } from '../../test/browser/support/browsers.ts';
import { launchBrowser } from '../../test/browser/support/launch.ts';
import { Site } from '../../test/browser/support/site.ts';
import { Tab } from '../../test/browser/support/tab.ts';
import { modelFolder, type Task, type TaskName, type TaskSetting } from './tasks.ts';

export interface BrowserTaskOptions extends Pick<TaskSetting, 'backend' | 'options'> {
  readonly browser: BrowserName;
  /** Whether the page is cross-origin isolated, and so has threads. */
  readonly isolated: boolean;
  /** What `makeSiteFolder` made. */
  readonly folder: string;
}

/** Milliseconds until a page of ours has run its script, on a machine that is busy otherwise. */
const patience = 120_000;

/** @throws Error with what to do where the browser or the backend in it cannot run */
export async function startBrowserTask(
  name: TaskName,
  { browser: browserName, isolated, folder, backend, options }: BrowserTaskOptions,
): Promise<Task> {
  const kind = browserKinds[browserName];
  const found = findBrowser(kind);
  if (!('program' in found)) throw new Error(found.reason);
  const resources: AsyncDisposable[] = [];
  const keep = <T extends AsyncDisposable>(resource: T): T => {
    resources.unshift(resource);
    return resource;
  };
  const close = async (): Promise<void> => {
    for (const resource of resources) await resource[Symbol.asyncDispose]();
  };
  try {
    const site = keep(await Site.open({ '/': folder }));
    site.isolated = isolated;
    const { browser } = keep(await launchBrowser(kind, found.program).catch(refuse(found.program)));
    const tab = keep(await Tab.open(browser));
    const description = await startInTab(tab, site.origin, name, { backend, options, model: `/${modelFolder}/` });
    return {
      description: withDriver(description, environmentOf(kind).VK_DRIVER_FILES),
      run: () => tab.page.evaluate(() => globalThis.taskPage.run()),
      sample: () => tab.page.evaluate(() => globalThis.taskPage.sample()),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The driver's message is a page long: what counts is how the program ended, and what it said last. */
function refuse(program: string): (error: Error) => never {
  return ({ message }) => {
    const lines = message.split('\n').filter((line) => !/^(stderr:|TROUBLESHOOTING.*|\s*)$/.test(line));
    const said = [lines[0], ...lines.slice(1).slice(-2)].join('; ');
    throw new Error(`${program} does not start: ${said}`);
  };
}

/** Firefox keeps the name of its adapter to itself. Where it was given Mesa's software driver and no other, it is that one. */
function withDriver(description: string, drivers: string | undefined): string {
  const software = drivers?.split(delimiter).every((path) => /lvp_icd/.test(path)) === true;
  return software ? description.replace(/: unnamed,/, ': software driver lavapipe, which the page cannot name,') : description;
}

async function startInTab(
  { page, problems }: Tab,
  origin: string,
  name: TaskName,
  setting: TaskSetting,
): Promise<string> {
  await page.goto(origin, { timeout: 0 });
  try {
    await page.waitForFunction(() => 'taskPage' in globalThis, { timeout: patience });
    return await page.evaluate((...given) => globalThis.taskPage.start(...given), name, setting);
  } catch (error) {
    throw new Error([error instanceof Error ? error.message : error, ...new Set(problems)].join('; '));
  }
}
