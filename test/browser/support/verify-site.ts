/** A site with the page that verifies golden files, and what its pages have compiled. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { goldenPath } from '../../support/repository.ts';
import { goldenBytes, withCases } from '../../verify/golden-folder.ts';
import type { Verified, Verify } from '../pages/verify-worker.ts';
import { bundlePage } from './bundle.ts';
import { Site } from './site.ts';
import type { Tab } from './tab.ts';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';

/** Cases that take every kind of kernel, and what is hard in shaders: the site has them as `/chosen/operators.safetensors`. */
const chosenCases = [
  ...['linear', 'matmul_broadcast', 'gelu', 'softmax', 'layer_norm', 'concat', 'gather_rows', 'patch_embed', 'rope'],
  ...['attention_gqa', 'attention_decode', 'attention_key_lengths', 'cross_entropy'],
];

/** The site has all golden files under `/golden/`. */
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
    await mkdir(join(folder.path, 'chosen'));
    const some = withCases(goldenBytes('operators.safetensors'), chosenCases);
    await writeFile(join(folder.path, 'chosen', 'operators.safetensors'), some);
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
