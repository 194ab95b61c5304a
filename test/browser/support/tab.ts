/** A page in a browser, with everything that goes wrong on it written down. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'puppeteer-core';

/** How browsers call the end of a request that the page itself has broken off. */
const ownDoing = /ERR_ABORTED|NS_BINDING_ABORTED/;

/** A page that shares cookies, caches and storage with no other. Disposing of it closes it. */
export class Tab implements AsyncDisposable {
  readonly page: Page;
  /** Errors on the console and in scripts, workers' included, and requests that failed. */
  readonly problems: string[] = [];
  #context: BrowserContext;
  #expected: RegExp[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => this.problems.push(`error: ${error instanceof Error ? error.message : error}`));
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? 'failed';
      if (!ownDoing.test(reason)) this.problems.push(`request: ${request.url()}: ${reason}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) this.problems.push(`request: ${response.url()}: ${response.status()}`);
    });
  }

  static async open(browser: Browser): Promise<Tab> {
    const context = await browser.createBrowserContext();
    return new Tab(context, await context.newPage());
  }

  /** Says that problems which match are what a test is about. */
  expectProblem(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** Throws when something went wrong that was not expected. */
  assertNoProblems(): void {
    const unexpected = this.problems.filter((problem) => !this.#expected.some((pattern) => pattern.test(problem)));
    if (unexpected.length > 0) throw new Error(`the page has problems:\n${[...new Set(unexpected)].join('\n')}`);
  }

  /** Writes a picture of the whole page into a new temporary folder. @returns its path */
  async screenshot(name: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'mmgem-screenshot-'));
    const path = join(folder, `${name.replaceAll(/[^\w-]+/g, '-')}.png`) as `${string}.png`;
    await this.page.screenshot({ path, fullPage: true });
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A browser that has died has closed everything, and why it died is the error to be seen.
    if (this.page.browser().connected) await this.#context.close();
  }
}
