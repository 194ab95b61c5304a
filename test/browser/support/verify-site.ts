/** A site with the page that verifies golden files, and what its pages have compiled. */
import { goldenPath } from '../../support/repository.ts';
import type { Verified, Verify } from '../pages/verify-worker.ts';
import { bundlePage } from './bundle.ts';
import { Site } from './site.ts';
import type { Tab } from './tab.ts';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';

export class VerifySite implements AsyncDisposable {
  readonly site: Site;
  readonly #folder: TemporaryFolder;
  /** Compiling kernels takes longer than all the rest: what one page has compiled is given to the next one, of any browser. */
  #kernels: Readonly<Record<string, string>> = {};

  private constructor(site: Site, folder: TemporaryFolder) {
    this.site = site;
    this.#folder = folder;
  }

  static async open(): Promise<VerifySite> {
    const folder = await temporaryFolder();
    await bundlePage('verify', folder.path);
    return new VerifySite(await Site.open({ '/': folder.path, '/golden/': goldenPath() }), folder);
  }

  /** Verifies golden files in a tab. */
  async verify({ page }: Tab, what: Verify): Promise<Verified> {
    await page.goto(this.site.origin, { timeout: 0 });
    await page.waitForFunction(() => 'verifyGolden' in globalThis, { timeout: 0 });
    await page.evaluate((kernels) => globalThis.keepKernels(kernels), this.#kernels);
    const verified = await page.evaluate((given) => globalThis.verifyGolden(given), what);
    this.#kernels = await page.evaluate(() => globalThis.keptKernels());
    return verified;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.site[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}
