/** The page as static files: code and styles by esbuild, the model beside it. Nothing in them names this machine. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { darkColours, lightColours } from '../../../model/page/colours.ts';
import type { PageFile } from '../../browser/page/page-file.ts';
import { packageRoot } from '../package-files.ts';
import { writeOwnModules } from '../wasm/ahead.ts';
import { policy } from './headers.ts';
import { putModel } from './model.ts';
import { writeServiceWorker } from './service-worker.ts';

export interface BuildOptions {
  /** The folder to fill. */
  readonly out: string;
  /** A model directory instead of the package's own. */
  readonly model?: string;
  /** The page's first module, instead of its own: for tests. */
  readonly entry?: string;
}

/** What the build made. */
export interface Built {
  /** Bytes of the code that a first visit loads, as they are. */
  readonly code: number;
  /** Which model the page loads. */
  readonly origin: PageFile['origin'];
}

/** @throws Error of esbuild for sources that do not build */
export async function buildPage({ out, model, entry }: BuildOptions): Promise<Built> {
  const page = join(packageRoot(), 'targets', 'browser', 'page');
  await mkdir(out, { recursive: true });
  const code = await bundle(page, entry ?? join(page, 'main.ts'), out);
  const html = await readFile(join(page, 'index.html'), 'utf8');
  await writeFile(join(out, 'index.html'), html.replace('%CSP%', policy));
  await cp(join(page, 'icon.svg'), join(out, 'icon.svg'));
  // The engine's workers, as the package's own build makes them.
  await cp(join(packageRoot(), 'dist', 'targets', 'browser', 'workers'), join(out, 'workers'), { recursive: true });
  await writeOwnModules(join(out, 'workers', 'own-modules.safetensors'));
  const origin = await putModel(join(out, 'models', 'nano'), model);
  await writeFile(join(out, 'page.json'), JSON.stringify({ model: 'models/nano/', origin } satisfies PageFile));
  return { code: code + (await writeServiceWorker(out)), origin };
}

/** Browsers with relaxed SIMD or WebGPU, and those that lack both. */
const target = ['chrome120', 'firefox121', 'safari17'];

async function bundle(page: string, entry: string, out: string): Promise<number> {
  // Loaded here alone, since it is there for development only.
  const { build } = await import('esbuild');
  const common = {
    outdir: out,
    bundle: true,
    minify: true,
    sourcemap: true,
    target,
    metafile: true,
    logLevel: 'silent',
  } as const;
  const modules = await build({
    ...common,
    entryPoints: [
      { in: entry, out: 'main' },
      { in: join(page, 'pictures', 'scenes-worker.ts'), out: 'scenes-worker' },
      { in: join(page, 'styles', 'page.css'), out: 'page' },
    ],
    banner: { css: colours },
    format: 'esm',
    splitting: true,
  });
  // A script and no module: it runs before the page is drawn.
  const early = { in: join(page, 'theme-early.ts'), out: 'theme-early' };
  const script = await build({ ...common, entryPoints: [early], format: 'iife' });
  const files = Object.entries({ ...modules.metafile.outputs, ...script.metafile.outputs });
  return files.filter(([name]) => /\.(js|css)$/.test(name)).reduce((sum, [, { bytes }]) => sum + bytes, 0);
}

/** The colours of all pages, for the system's theme and for the one that the user chose. */
const colours = `:root { color-scheme: light dark; ${lightColours} }
@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { ${darkColours} } }
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; ${darkColours} }`;
