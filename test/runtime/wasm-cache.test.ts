import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AssemblyCompiler } from '../../runtime/wasm/host.ts';
import { Modules } from '../../runtime/wasm/modules.ts';
import { DiskCache, defaultCacheDirectory } from '../../targets/node/wasm/cache.ts';
import { createCompilers } from '../../targets/node/wasm/compiler.ts';

const test = suite('wasm cache');
const folders: string[] = [];

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mmgem-cache-'));
  folders.push(folder);
  return folder;
}

test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A compiler that counts, and whose modules are always the same empty one. */
function counting(identity = 'compiler 1', bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)) {
  const compiler = {
    identity,
    compiled: 0,
    async compile() {
      compiler.compiled++;
      return bytes;
    },
    async close() {},
  };
  return compiler satisfies AssemblyCompiler;
}

function problems() {
  const reported: string[] = [];
  return { reported, onProblem: (message: string) => void reported.push(message) };
}

test('the same source, build and compiler are compiled once, in any process', async () => {
  const directory = temporaryFolder();
  const [compiler, another] = [counting(), counting('compiler 2')];
  for (let i = 0; i < 3; i++) await new Modules(compiler, new DiskCache({ directory })).module('a', 'baseline');
  assert.is(compiler.compiled, 1);
  await new Modules(compiler, new DiskCache({ directory })).module('a', 'relaxed');
  await new Modules(compiler, new DiskCache({ directory })).module('b', 'baseline');
  assert.is(compiler.compiled, 3);
  await new Modules(another, new DiskCache({ directory })).module('a', 'baseline');
  assert.is(another.compiled, 1);
  assert.is(readdirSync(join(directory, 'kernels')).length, 4);
  await new Modules(compiler).module('a', 'baseline');
  assert.is(compiler.compiled, 4, 'without a cache everything is compiled');
});

test('a damaged or cut off file is noticed, reported once, compiled again and replaced', async () => {
  const directory = temporaryFolder();
  const compiler = counting();
  const compile = (cache: DiskCache) => new Modules(compiler, cache).module('a', 'baseline');
  await compile(new DiskCache({ directory }));
  const [name] = readdirSync(join(directory, 'kernels'));
  const path = join(directory, 'kernels', name!);
  const good = readFileSync(path);
  const flipped = Buffer.from(good);
  flipped[35]! ^= 1;
  for (const damaged of [flipped, good.subarray(0, 20), good.subarray(0, -1), Buffer.alloc(0)]) {
    writeFileSync(path, damaged);
    const { reported, onProblem } = problems();
    const cache = new DiskCache({ directory, onProblem });
    const before = compiler.compiled;
    await compile(cache);
    assert.is(compiler.compiled, before + 1);
    assert.match(
      reported.join('\n'),
      /holds a damaged file, .*; it is compiled again\. MMGEM_CACHE names another place$/,
    );
    assert.equal(readFileSync(path), good);
    await compile(cache);
    assert.is(compiler.compiled, before + 1);
    assert.is(reported.length, 1);
  }
});

test('a directory that cannot be used is reported once and costs nothing but time', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, 'not a directory');
  const { reported, onProblem } = problems();
  const compiler = counting();
  const modules = new Modules(compiler, new DiskCache({ directory: file, onProblem }));
  for (const source of ['a', 'a', 'b']) await modules.module(source, 'baseline');
  assert.is(compiler.compiled, 3);
  assert.is(reported.length, 1);
  assert.match(reported[0]!, /the cache of compiled kernels in .*file.kernels cannot be (read|written)/);
});

test('many writers of one module leave one whole file', async () => {
  const directory = temporaryFolder();
  const bytes = new Uint8Array(1 << 20).fill(7);
  const caches = Array.from({ length: 8 }, () => new DiskCache({ directory }));
  await Promise.all(caches.map((cache) => cache.put('key', bytes)));
  assert.equal(readdirSync(join(directory, 'kernels')), ['key.kernels']);
  assert.equal(Buffer.compare((await caches[0]!.get('key'))!, bytes), 0);
});

test('where the cache is', () => {
  assert.is(defaultCacheDirectory({ MMGEM_CACHE: '/a', XDG_CACHE_HOME: '/b' }), '/a');
  assert.is(defaultCacheDirectory({ XDG_CACHE_HOME: '/b' }), join('/b', 'mmgem'));
  assert.match(defaultCacheDirectory({}), /\.cache.mmgem$/);
});

test('the compiler: its version and options count, errors are told, static data is refused', async () => {
  const compiler = createCompilers();
  assert.match(compiler.identity, /^assemblyscript \d+\.\d+\.\d+\n/);
  assert.match(compiler.identity, /"sharedMemory": true/);
  const modules = new Modules(compiler);
  const errors = await Promise.all(
    ['export function f(): i32 { return nothing; }', 'export const text = "static data";', 'export function ('].map(
      (source) =>
        modules.module(source, 'baseline').then(
          () => 'compiled',
          (error: Error) => error.message,
        ),
    ),
  );
  assert.match(
    errors[0]!,
    /AssemblyScript does not compile for baseline: .*\n[\s\S]*Cannot find name 'nothing'[\s\S]*kernels\.ts\(1,35\)/,
  );
  assert.match(errors[1]!, /the kernels have static data/);
  assert.match(errors[2]!, /Identifier expected/);
  const module = await modules.module('export function f(x: f32): f32 { return x * 2; }', 'wide');
  assert.equal(
    WebAssembly.Module.imports(module).map(({ module: from, name, kind }) => `${from}.${name} ${kind}`),
    ['env.memory memory'],
  );
  await compiler.close();
});

test('several modules are compiled at one time, each by its own source; what is compiled when it closes fails', async () => {
  const compiler = createCompilers(2);
  const source = (value: number): string => `export function f(): i32 { return ${value}; }`;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const results = await Promise.all(
    [1, 2, 3].map(async (value) => {
      const bytes = await compiler.compile(source(value), 'baseline');
      const module = await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
      const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
      return (exports.f as () => number)();
    }),
  );
  assert.equal(results, [1, 2, 3]);
  const late = compiler.compile(source(4), 'baseline').then(
    () => 'compiled',
    (error: Error) => error.message,
  );
  await compiler.close();
  assert.match(await late, 'closed while kernels were compiled');
});

test.run();
