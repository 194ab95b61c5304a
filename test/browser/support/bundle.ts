/** Test pages: TypeScript of this repository, bundled for a browser into a folder of its own. */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { repositoryRoot } from '../../support/repository.ts';

/** A folder with `index.html`, which loads the bundle of one source; removed when disposed of. */
export interface BundledPage extends AsyncDisposable {
  readonly folder: string;
}

const pages = join(repositoryRoot, 'test', 'browser', 'pages');
const workers = join(repositoryRoot, 'dist', 'targets', 'browser', 'workers');

/**
 * `NAME.ts` of the folder `pages`, and `NAME-worker.ts` as `workers/NAME.js` where there is one, beside the package's workers.
 * Throws with esbuild's messages when it, or something that it imports, is nothing that a browser can run.
 */
export async function bundlePage(name: string): Promise<BundledPage> {
  if (!existsSync(workers)) throw new Error(`${workers} is missing: run \`npm run build\` first.`);
  const folder = await mkdtemp(join(tmpdir(), 'mmgem-page-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const worker = join(pages, `${name}-worker.ts`);
    await build({
      entryPoints: {
        page: join(pages, `${name}.ts`),
        ...(existsSync(worker) && { [`workers/${name}`]: worker }),
      },
      outdir: folder,
      bundle: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      sourcemap: 'linked',
      logLevel: 'silent',
    });
    await cp(workers, join(folder, 'workers'), { recursive: true });
    await writeFile(join(folder, 'index.html'), html(name));
    return { folder, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The empty icon keeps browsers from asking for one. */
const html = (title: string): string => `<!doctype html>
<meta charset="utf-8">
<title>${title}</title>
<link rel="icon" href="data:,">
<script type="module" src="page.js"></script>
`;
