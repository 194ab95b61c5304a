/** Test pages: TypeScript of this repository, bundled for a browser into a folder of its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { repositoryRoot } from '../../support/repository.ts';

/** A folder with `index.html`, which loads the bundle of one source; removed when disposed of. */
export interface BundledPage extends AsyncDisposable {
  readonly folder: string;
}

/**
 * @param source a path below `test/browser/pages/`
 * Throws with esbuild's messages when it, or something that it imports, is nothing that a browser can run.
 */
export async function bundlePage(source: string): Promise<BundledPage> {
  const folder = await mkdtemp(join(tmpdir(), 'mmgem-page-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await build({
      entryPoints: { page: join(repositoryRoot, 'test', 'browser', 'pages', source) },
      outdir: folder,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      sourcemap: 'inline',
      logLevel: 'silent',
    });
    await writeFile(
      join(folder, 'index.html'),
      `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>${source}</title><script type="module" src="page.js"></script>\n`,
    );
    return { folder, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
