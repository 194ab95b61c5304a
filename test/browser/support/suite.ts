/** Suites of tests in a browser: it starts with the first test and ends with the last. */
import { suite } from 'uvu';
import { skipBackend } from '../../support/skip.ts';
import { type BrowserName, browserKinds, findBrowser } from './browsers.ts';
import { type LaunchChoice, type LaunchedBrowser, launchBrowser } from './launch.ts';
import { Tab } from './tab.ts';

export interface BrowserSuite {
  /** Registers a test that gets a new tab. Problems on the page fail it, too; its end in failure is photographed. */
  test(name: string, run: (tab: Tab) => Promise<void>): void;
  /** Registers what to do when all tests are over. */
  after(action: () => Promise<void>): void;
  run(): void;
}

/** Tests in one browser. Where it is not installed they are skipped, or fail if `MMGEM_REQUIRE` names it. */
export function browserSuite(title: string, name: BrowserName, choice: LaunchChoice = {}): BrowserSuite {
  const kind = browserKinds[name];
  const found = findBrowser(kind);
  const tests = suite(`${title} in ${name}`);
  let launched: Promise<LaunchedBrowser> | undefined;
  tests.after(async () => {
    await (await launched)?.[Symbol.asyncDispose]();
  });
  return {
    test(testName, run) {
      if (!('program' in found)) return skipBackend(tests, `${title} in ${name}: ${testName}`, name, found.reason);
      tests(testName, async () => {
        launched ??= launchBrowser(kind, found.program, choice);
        await using tab = await Tab.open((await launched).browser);
        try {
          await run(tab);
          tab.assertNoProblems();
        } catch (error) {
          throw await withEvidence(error, tab, `${name} ${testName}`);
        }
      });
    },
    after: (action) => tests.after(action),
    run: () => tests.run(),
  };
}

/** The error with what the page reported until then and the path of a picture of it. */
async function withEvidence(error: unknown, tab: Tab, name: string): Promise<Error> {
  const failure = error instanceof Error ? error : new Error(String(error));
  const picture = await tab.screenshot(name).catch((reason: unknown) => `none (${reason})`);
  const reported = tab.problems.length > 0 ? `\non the page:\n  ${[...new Set(tab.problems)].join('\n  ')}` : '';
  failure.message += `${reported}\nscreenshot: ${picture}`;
  return failure;
}
