import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { proofSource } from '../../runtime/wasm/build.ts';
import { createWasmExecutor, type WasmOptions } from '../../runtime/wasm/executor.ts';
import type { BuildChoice, KernelCache, SimdBuild, WasmHost } from '../../runtime/wasm/host.ts';
import { Modules } from '../../runtime/wasm/modules.ts';
import { findBuilds, thisMachine } from '../../targets/node/wasm/flags.ts';
import { createNodeWasmHost } from '../../targets/node/wasm/host.ts';
import { affineKernels, printerOf, testHost } from './wasm-steps.ts';

const test = suite('wasm builds');
const nodeMajor = Number.parseInt(process.versions.node, 10);
const names = ({ candidates }: BuildChoice): SimdBuild[] => candidates.map(({ simd }) => simd);

async function choose(host: WasmHost, options: Partial<WasmOptions> = {}) {
  const executor = await createWasmExecutor(host, { print: printerOf(affineKernels), threads: 1, ...options });
  await executor.close();
  return executor.info;
}

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing was rejected',
    (error: Error) => error.message,
  );

test('candidates follow from the machine', () => {
  const machine = { arch: 'x64', nodeMajor: 24, avx2: true };
  assert.equal(names(findBuilds(machine)), ['wide', 'relaxed', 'baseline']);
  const without = [
    [{ ...machine, arch: 'arm64' }, /x64 alone, this is arm64/],
    [{ ...machine, nodeMajor: 22 }, /needs Node 24/],
    [{ ...machine, avx2: false }, /no AVX2/],
    [{ ...machine, avx2: undefined }, /is not known/],
  ] as const;
  for (const [other, reason] of without) {
    const choice = findBuilds(other);
    assert.equal(names(choice), ['relaxed', 'baseline']);
    assert.match(choice.excluded.wide!, reason);
  }
  assert.equal(names(findBuilds({ ...machine, avx2: undefined }, true)), ['wide', 'relaxed', 'baseline']);
});

test('looking for builds leaves no flag set; enabling one makes its modules valid', () => {
  // f32x4.relaxed_madd of zeros, from () to v128.
  const zero = [0x41, 0, 0xfd, 0x0f];
  const body = [0, ...zero, ...zero, ...zero, 0xfd, 0x85, 0x02, 0x0b];
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0];
  const relaxed = Uint8Array.from([...head, 10, body.length + 2, 1, body.length, ...body]);
  const before = WebAssembly.validate(relaxed);
  const { candidates } = findBuilds();
  assert.is(WebAssembly.validate(relaxed), before);
  const candidate = candidates.find(({ simd }) => simd === 'relaxed')!;
  candidate.enable();
  assert.is(WebAssembly.validate(relaxed), true);
  candidate.disable();
  assert.is(WebAssembly.validate(relaxed), before);
});

test('the best build that this machine runs is proven and chosen', async () => {
  const info = await choose(testHost());
  const { arch, avx2 } = thisMachine();
  const expected = nodeMajor >= 24 && arch === 'x64' && avx2 ? 'wide' : 'relaxed';
  assert.is(info.details.simd, expected);
  assert.match(info.description, /SIMD \(V8.* correctly.*\), 1 thread$/);
  for (const simd of ['baseline', 'relaxed'] as const)
    assert.is((await choose(testHost(), { simd })).details.simd, simd);
  assert.is((await choose(testHost(), { wide: 'off' })).details.simd, 'relaxed');
});

test('what is insisted on and cannot be used is an error that says why', async () => {
  const host = testHost();
  const limited = { ...host, builds: () => findBuilds({ arch: 'x64', nodeMajor: 20, avx2: true }) };
  const expected = /the wide build cannot be used: it needs Node 24 or later\. Leave the choice/;
  assert.match(await messageOf(choose(limited, { wide: 'on' })), expected);
  assert.match(await messageOf(choose({ ...testHost(), builds: limited.builds }, { simd: 'wide' })), expected);
});

/** A host that compiles what belongs to another build: a product that is wrong, or traps. */
function lying(broken: readonly SimdBuild[], product: string): WasmHost {
  const host = createNodeWasmHost({ cache: { description: 'none', get: async () => undefined, put: async () => {} } });
  const parameters = 'rows: i32, depth: i32, left: usize, right: usize, result: usize, stride: usize';
  const wrong = `export function multiply(${parameters}): void { ${product} }`;
  const { compiler } = host;
  return {
    ...host,
    kernels: undefined,
    builds: () => findBuilds({ arch: 'x64', nodeMajor: 20, avx2: true }),
    compiler: {
      identity: compiler.identity,
      compile: (source, simd) => compiler.compile(broken.includes(simd) ? wrong : source, simd),
      close: () => compiler.close(),
    },
  };
}

test('a build that computes wrongly is passed over for the next, and the reason is told', async () => {
  const info = await choose(lying(['relaxed'], 'store<f32>(result, 5)'));
  assert.is(info.details.simd, 'baseline');
  assert.match(
    String(info.details['not relaxed']),
    /a product came out wrong: 5 instead of .* in row 0, column 0, of 1 rows/,
  );
  const trapping = await choose(lying(['relaxed'], 'unreachable()'));
  assert.is(trapping.details['not relaxed'], 'unreachable');
});

test('without any build that computes rightly there is no engine', async () => {
  const host = lying(['relaxed', 'baseline'], 'store<f32>(result, 5, 4 * 7)');
  assert.match(
    await messageOf(choose(host)),
    /no SIMD build runs here: .*relaxed: a product came out wrong.*baseline: .*row 0, column 0/,
  );
});

test('a build is proved once on a machine by the same code, and again where either is another', async () => {
  const kept = new Map<string, Uint8Array>();
  const modules = testHost();
  const module = await new Modules(modules.compiler, modules.cache).compiled(await proofSource('baseline'), 'baseline');
  await modules.compiler.close();
  kept.set(module.key, module.bytes);
  const cache: KernelCache = {
    description: 'a map',
    get: async (key) => kept.get(key),
    put: async (key, bytes) => void kept.set(key, bytes),
  };
  /** How many proofs are written down when an engine is opened. */
  const proofs = async (changes: Partial<WasmHost> = {}): Promise<number> => {
    const before = kept.size;
    await choose({ ...testHost(), ...changes }, { simd: 'baseline', cache });
    return kept.size - before;
  };
  assert.is(await proofs(), 1);
  assert.is(await proofs(), 0);
  assert.is(await proofs({ machine: 'another processor' }), 1);
  assert.is(await proofs({ codeIdentity: async () => 'other code' }), 1);
  assert.is(await proofs({ codeIdentity: async () => undefined }), 0, 'nothing is remembered of unknown code');
});

test.run();
