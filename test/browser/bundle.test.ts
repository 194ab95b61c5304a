// The packed package in an application, as esbuild and vite bundle it without being configured.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build as buildWithEsbuild } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { build as buildWithVite } from 'vite';
import { removeTemporaryFolders, runProgram, temporaryFolder } from '../cli/support.ts';
import { repositoryRoot } from '../support/repository.ts';

const test = suite('bundles for browsers');
test.after(removeTemporaryFolders);

const application = `
import { load, open } from 'mmgem';

const engine = await open('auto');
const model = await load('models/nano', { engine });
const [image] = await model.embedImages(['photo.jpg']);
const [text] = await model.embedTexts(['a red circle']);
document.title = String(image.reduce((sum, value, i) => sum + value * text[i], 0));
for await (const piece of model.caption('photo.jpg')) document.body.append(piece);
await model.close();
await engine.close();
`;

/** All that loads before a model runs on WebAssembly that was compiled before, gzipped. */
const firstLoadLimit = 300 * 1024;
/** A worker that is started only when kernels are to be compiled. */
const compilerMark = 'BinaryenModule';

const app = await temporaryFolder();
writeFileSync(join(app, 'app.js'), application);
writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }');
writeFileSync(join(app, 'index.html'), '<!doctype html><script type="module" src="./app.js"></script>');
await unpackInto(join(app, 'node_modules', 'mmgem'));

/** The package as it is published, without its dependencies: none is needed in a browser. */
async function unpackInto(folder: string): Promise<void> {
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', app], repositoryRoot);
  const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }];
  mkdirSync(folder, { recursive: true });
  await run('tar', ['xzf', join(app, filename), '-C', folder, '--strip-components=1'], app);
}

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await runProgram(command, args, { cwd, seconds: 300 });
  assert.is(code, 0, `${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

interface Script {
  readonly name: string;
  readonly code: string;
  readonly gzipped: number;
}

function scriptsIn(folder: string): Script[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  return names.map((name) => {
    const bytes = readFileSync(join(folder, name));
    return { name: basename(name), code: bytes.toString(), gzipped: gzipSync(bytes).length };
  });
}

function assertGoodBundle(tool: string, scripts: readonly Script[]): void {
  const of = (start: string): Script => {
    const found = scripts.filter(({ name }) => name.startsWith(start));
    assert.is(
      found.length,
      1,
      `${tool} makes one ${start}.js, not ${found.map(({ name }) => name).join(', ') || 'none'}`,
    );
    return found[0]!;
  };
  const lazy = of('compiler');
  const page = scripts.filter(({ name }) => !/^(engine|kernels|compiler)/.test(name));
  const first = [...page, of('engine'), of('kernels')];
  const total = first.reduce((sum, { gzipped }) => sum + gzipped, 0);
  const sizes = [...first, lazy].map(({ name, gzipped }) => `${name} ${Math.ceil(gzipped / 1024)}`);
  console.log(`${tool}: first load ${Math.ceil(total / 1024)} KiB gzipped; ${sizes.join(', ')}`);
  assert.ok(total <= firstLoadLimit, `${tool}: ${total} bytes gzipped are loaded first`);
  assert.ok(lazy.code.includes(compilerMark));
  for (const { name, code } of first) {
    assert.not.match(code, new RegExp(compilerMark), `${tool}: ${name} holds the compiler`);
    assert.not.match(code, /["'`]node:|sharp|createRequire/, `${tool}: ${name} needs Node`);
    assert.not.match(code, /^import .*from ["'][^./]/m, `${tool}: ${name} imports a package`);
  }
  assert.match(
    of('engine').code,
    new RegExp(`new URL\\([^)]*${lazy.name}`),
    `${tool}: the engine does not find the compiler`,
  );
}

test('esbuild leaves the workers beside the bundle, where they are copied', async () => {
  const out = join(app, 'out');
  const { warnings } = await buildWithEsbuild({
    absWorkingDir: app,
    entryPoints: ['app.js'],
    bundle: true,
    minify: true,
    format: 'esm',
    outdir: out,
    logLevel: 'silent',
  });
  assert.equal(warnings, []);
  cpSync(join(app, 'node_modules/mmgem/dist/targets/browser/workers'), join(out, 'workers'), { recursive: true });
  const bundle = readFileSync(join(out, 'app.js'), 'utf8');
  assert.match(bundle, /new Worker\(new URL\("\.\/workers\/engine\.js",\s*import\.meta\.url\)/);
  assertGoodBundle('esbuild', scriptsIn(out));
});

test('vite finds the workers by itself', async () => {
  await buildWithVite({ root: app, configFile: false, logLevel: 'silent', build: { outDir: 'dist' } });
  const scripts = scriptsIn(join(app, 'dist'));
  const page = scripts.find(({ name }) => name.startsWith('index'))!;
  const engine = scripts.find(({ name }) => name.startsWith('engine'))!;
  assert.ok(page.code.includes(`/assets/${engine.name}`));
  assertGoodBundle('vite', scripts);
});

test('importing the package does nothing, in Node too', async () => {
  const program = `
    import { open, MmgemError } from './node_modules/mmgem/dist/targets/browser/index.js';
    const error = await open('wasm').catch((error) => error);
    console.log(error instanceof MmgemError, error.message);
  `;
  writeFileSync(join(app, 'in-node.js'), program);
  assert.match(await run(process.execPath, ['in-node.js'], app), /^true mmgem for browsers runs in a worker/);
});

test.run();
