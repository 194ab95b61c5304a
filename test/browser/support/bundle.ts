/** Test pages: TypeScript of this repository, bundled for a browser. */
import { existsSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { writeOwnModules } from '../../../targets/node/wasm/ahead.ts';
import { repositoryRoot } from '../../support/repository.ts';

const pages = join(repositoryRoot, 'test', 'browser', 'pages');
const workers = join(repositoryRoot, 'dist', 'targets', 'browser', 'workers');

/**
 * Makes a page of NAME.ts in a folder, with the package's workers, and NAME-worker.ts beside them where there is one.
 * Throws with esbuild's messages when something is nothing that a browser can run.
 * @param from the folder of the sources: `pages/` unless told
 */
export async function bundlePage(name: string, folder: string, from = pages): Promise<void> {
  if (!existsSync(workers)) throw new Error(`${workers} is missing: run \`npm run build\` first.`);
  const worker = join(from, `${name}-worker.ts`);
  await build({
    entryPoints: {
      page: join(from, `${name}.ts`),
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
  // As in the package, which is packed with them.
  await writeOwnModules(join(folder, 'workers', 'own-modules.safetensors'));
  await writeFile(join(folder, 'index.html'), html(name));
}

/** The empty icon keeps browsers from asking for one. */
const html = (title: string): string => `<!doctype html>
<meta charset="utf-8">
<title>${title}</title>
<link rel="icon" href="data:,">
<script type="module" src="page.js"></script>
`;
