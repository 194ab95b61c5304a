/** The page's service worker, made when all other files are there: it knows each of them by its hash. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { PageFiles } from '../../browser/page/offline/page-files.ts';
import { packageRoot } from '../package-files.ts';

/** The model, which the page keeps by itself, and what it runs without: source maps, and the compiler of some megabytes. */
const notNeeded = /^models\/|\.map$|^workers\/compiler\.js$/;
const name = 'service-worker.js';

/**
 * Writes the service worker into the folder of a page.
 * @returns its bytes
 */
export async function writeServiceWorker(folder: string): Promise<number> {
  const { build } = await import('esbuild');
  const { metafile } = await build({
    entryPoints: [join(packageRoot(), 'targets', 'browser', 'page', 'offline', 'service-worker.ts')],
    outfile: join(folder, name),
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    define: { mmgemPageFiles: JSON.stringify(await pageFiles(folder)) },
    metafile: true,
    logLevel: 'silent',
  });
  return Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0);
}

async function pageFiles(folder: string): Promise<PageFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .filter((path) => path !== name && !notNeeded.test(path))
    .sort();
  const files: Record<string, string> = {};
  for (const path of paths) {
    const hash = createHash('sha256').update(await readFile(join(folder, path)));
    files[path === 'index.html' ? '' : path] = `sha256-${hash.digest('base64')}`;
  }
  const version = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
  return { version, files };
}
