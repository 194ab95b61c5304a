/** A task in a page of a browser of its own, which ends with it. */
import { delimiter } from 'node:path';
import { type BrowserName, browserKinds, environmentOf, findBrowser } from '../../test/browser/support/browsers.ts';
import { type LaunchedBrowser, launchBrowser } from '../../test/browser/support/launch.ts';
import { paths } from './calls.ts';
import { PageLink } from './page-link.ts';
import { modelFolder, type Task, type TaskName, type TaskOutput, type TaskSetting } from './tasks.ts';

export interface BrowserTaskOptions extends Pick<TaskSetting, 'backend' | 'options'> {
  readonly browser: BrowserName;
  /** Whether the page is cross-origin isolated, and so has threads. */
  readonly isolated: boolean;
  /** What `makeSiteFolder` made. */
  readonly folder: string;
}

/** Milliseconds until a page asks what to do, and for whatever it is asked: where others have the processor, shaders compile for minutes. */
const patience = { start: 120_000, answer: 1_800_000 } as const;

/** @throws Error with what to do where the browser or the backend in it cannot run */
export async function startBrowserTask(
  name: TaskName,
  { browser, isolated, folder, backend, options }: BrowserTaskOptions,
): Promise<Task> {
  const kind = browserKinds[browser];
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
    const link = keep(await PageLink.open(folder, { isolated, patience: patience.answer }));
    const launched = keep(await launchBrowser(kind, found.program).catch(refuse(found.program)));
    await leaveAlone(launched, link);
    const setting: TaskSetting = { backend, options, model: `/${modelFolder}/` };
    const description = (await link.call('start', name, setting)) as string;
    return {
      description: withDriver(description, environmentOf(kind).VK_DRIVER_FILES),
      run: async () => (await link.call('run')) as TaskOutput,
      sample: async () => (await link.call('sample')) as number,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Opens the page, and stops driving the browser: what it does from now on is what it does for anybody. */
async function leaveAlone({ browser }: LaunchedBrowser, link: PageLink): Promise<void> {
  browser
    .process()
    ?.once('exit', (code, signal) => link.fail(`the browser ended with ${signal ?? `exit code ${code}`}`));
  const [page = await browser.newPage()] = await browser.pages();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  const asked = page.waitForRequest(`${link.origin}${paths.call}`, { timeout: patience.start });
  const arrived = page.goto(link.origin, { timeout: 0, waitUntil: 'domcontentloaded' });
  await Promise.all([asked, arrived]).catch((error: Error) => {
    throw new Error(`the page does not start: ${[error.message, ...problems].join('; ')}`);
  });
  await browser.disconnect();
}

/** The driver's message is a page long: what counts is how the program ended, and what it said last. */
function refuse(program: string): (error: Error) => never {
  return ({ message }) => {
    const lines = message.split('\n').filter((line) => !/^(stderr:|TROUBLESHOOTING.*|\s*)$/.test(line));
    const end = lines[0]?.replace(/^Failed to launch the browser process:\s*/, '').replace(/^Code:/, 'exit code');
    const said = [end, ...lines.slice(1).slice(-2)].join('; ');
    throw new Error(`${program} does not start: ${said}`);
  };
}

/** Firefox keeps the name of its adapter to itself. Where it was given Mesa's software driver and no other, it is that one. */
function withDriver(description: string, drivers: string | undefined): string {
  const software = drivers?.split(delimiter).every((path) => /lvp_icd/.test(path)) === true;
  return software
    ? description.replace('GPU (name not given)', 'software driver lavapipe (name not given)')
    : description;
}
