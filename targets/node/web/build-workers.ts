/**
 * The workers of the browser target, each one file that needs no other: `dist/targets/browser/workers/`. They know of which code they are
 * made, by which they find kernels that were compiled ahead. Part of `npm run build`.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { codeIdentity } from '../wasm/identity.ts';

const browser = fileURLToPath(new URL('../../browser/', import.meta.url));

await build({
  entryPoints: {
    engine: `${browser}worker.js`,
    kernels: `${browser}wasm/kernel-worker.js`,
    compiler: `${browser}wasm/compiler-worker.js`,
  },
  outdir: `${browser}workers`,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  // Of the AssemblyScript compiler, which asks for them where it runs in Node.
  external: ['fs', 'module', 'path', 'url', 'node:module'],
  define: { mmgemCodeIdentity: JSON.stringify(codeIdentity()) },
  logLevel: 'warning',
});
