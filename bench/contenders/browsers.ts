/** Pages of browsers, with mmgem in them. */
import type { BackendOptions } from '../../runtime/backend.ts';
import { type BrowserName, browserKinds, findBrowser } from '../../test/browser/support/browsers.ts';
import type { Contender } from './contenders.ts';

interface BrowserRow {
  readonly name: string;
  readonly browser: BrowserName;
  readonly backend: 'webgpu' | 'wasm';
  readonly isolated: boolean;
}

const rows: readonly BrowserRow[] = (['chromium', 'firefox'] as const).flatMap((browser): BrowserRow[] => [
  { name: `${browser}-wasm`, browser, backend: 'wasm', isolated: true },
  { name: `${browser}-wasm-1`, browser, backend: 'wasm', isolated: false },
  { name: `${browser}-webgpu`, browser, backend: 'webgpu', isolated: true },
]);

function contender({ name, browser, backend, isolated }: BrowserRow): Contender {
  const threaded = backend === 'wasm' && isolated;
  return {
    name,
    kind: 'browser',
    threads: threaded ? 'heeded' : backend === 'wasm' ? 'one' : 'none',
    ...(backend === 'webgpu' && { counterpart: 'dawn' }),
    takes: ({ kind }) => kind === 'model',
    async probe() {
      const found = findBrowser(browserKinds[browser]);
      if ('reason' in found) throw new Error(found.reason);
      return undefined;
    },
    async start(measured, { threads, site }) {
      if (measured.kind !== 'model' || site === undefined) throw new Error(`${measured.name} is not run by a browser`);
      // Loaded here: other contenders have no use for what drives browsers.
      const { startBrowserTask } = await import('../browser/browser-task.ts');
      const options: BackendOptions = threaded ? { threads } : {};
      return startBrowserTask(measured.task, { browser, isolated, folder: site, backend, options });
    },
  };
}

export const browserContenders: readonly Contender[] = rows.map(contender);
