/** Kernels compiled ahead: found without printing or compiling, and only by the code, compiler and graph that they are of. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { constant, dim, graphKey, input, mul, trace } from '../../dsl/index.ts';
import { compileGraph } from '../../kernels/compile.ts';
import { outlineOf } from '../../kernels/outline.ts';
import { defaultGraphs } from '../../model/ahead.ts';
import { readKernels, writeKernels } from '../../model/files/kernel-file.ts';
import { graphEngine, loadOn, modelTokenizer } from '../../model/load.ts';
import { Engine } from '../../runtime/engine.ts';
import { compileAhead, simdBuilds } from '../../runtime/wasm/ahead.ts';
import { CompiledSteps } from '../../runtime/wasm/compiled-step.ts';
import { createWasmExecutor } from '../../runtime/wasm/executor.ts';
import type { KernelCache, WasmHost } from '../../runtime/wasm/host.ts';
import { Modules } from '../../runtime/wasm/modules.ts';
import { collectBytes } from '../files/support.ts';
import { type Files, memoryHost, noise, smallConfig, smallModelFiles } from '../model/small-model.ts';
import { testHost } from './wasm-steps.ts';

const test = suite('wasm ahead');
const path = 'kernels/baseline.safetensors';

const files = await smallModelFiles();
const tokenizer = modelTokenizer(smallConfig, new TextDecoder().decode(files['tokenizer.json'] as Uint8Array), 'small');
const graphs = defaultGraphs(smallConfig, tokenizer);
const embedding = graphs.filter(({ name }) => name === 'imageFeatures' || name === 'textEmbedding');

const host = testHost();
const kernels = await compileAhead(embedding, 'baseline', host);
await host.compiler.close();
const shipped = await collectBytes(path, (writer) => writeKernels(writer, kernels));

/** A host that has compiled nothing of this before, and says what it is asked to compile. */
function freshHost(): WasmHost & { readonly compiled: string[] } {
  const { compiler, cache, ...others } = testHost();
  const compiled: string[] = [];
  const without: KernelCache = {
    description: cache!.description,
    get: async (key) => (kernels.has(key) ? undefined : cache!.get(key)),
    put: async () => {},
  };
  return {
    ...others,
    cache: without,
    compiled,
    compiler: {
      identity: compiler.identity,
      async compile(source, simd) {
        compiled.push(source.split('\n', 1)[0]!);
        return compiler.compile(source, simd);
      },
      close: () => compiler.close(),
    },
  };
}

/** The embeddings of an image and a text, and what was compiled for them. */
async function embed(given: Files, changes: Partial<WasmHost> = {}) {
  const fresh = freshHost();
  const open = () => createWasmExecutor({ ...fresh, ...changes }, { simd: 'baseline', threads: 1 });
  await using engine = new Engine(await open(), { asked: 'wasm', passedOver: [] }, open);
  fresh.compiled.length = 0;
  const model = await loadOn('small', memoryHost({ small: given }), graphEngine(engine));
  const [image] = await model.embedImages([noise(1)]);
  const [text] = await model.embedTexts(['a dog']);
  await model.close();
  return { compiled: fresh.compiled, embeddings: [...image!, ...text!] };
}

test('a model with kernels of its own compiles none, and computes the same', async () => {
  const ahead = await embed({ ...files, [path]: shipped });
  assert.equal(ahead.compiled, []);
  const without = await embed(files);
  assert.is(without.compiled.length, 2);
  assert.equal(ahead.embeddings, without.embeddings);
});

test('kernels of other code are not found: their graphs are printed, and modules are found by their source', async () => {
  const changed = { codeIdentity: async () => 'other code' };
  assert.equal((await embed({ ...files, [path]: shipped }, changed)).compiled, []);
  const steps = (code: string) => new CompiledSteps(new Modules(host.compiler), async () => code);
  const source = await readKernels(path, shipped);
  const origin = graphKey(embedding[0]!);
  const mine = await steps((await host.codeIdentity())!).keyOf(origin, 'baseline');
  assert.ok(await source.get(mine!));
  for (const [code, of, simd] of [
    ['other code', origin, 'baseline'],
    [await host.codeIdentity(), graphKey(graphs.at(-1)!), 'baseline'],
    [await host.codeIdentity(), origin, 'relaxed'],
  ] as const) {
    assert.is(await source.get((await steps(code!).keyOf(of, simd))!), undefined);
  }
});

test('a host that cannot tell its code finds modules alone', async () => {
  const unknown = { codeIdentity: async () => undefined };
  assert.equal((await embed({ ...files, [path]: shipped }, unknown)).compiled, []);
});

test('a damaged file is told by its name, with what to do', async () => {
  const reason = (given: Uint8Array) =>
    embed({ ...files, [path]: given }).then(
      () => 'nothing was wrong',
      (error: Error) => error.message,
    );
  assert.match(await reason(shipped.subarray(0, -9)), /^small\/kernels\/baseline\.safetensors: .*get it again/i);
  const flipped = shipped.slice();
  const first = Buffer.from(shipped).indexOf('{"outline"');
  flipped[first] = 0x7d;
  assert.match(await reason(flipped), /^small\/kernels\/baseline\.safetensors: holds kernels that cannot be read/);
});

const inWords = ([key, bytes]: readonly [string, Uint8Array]) => `${key} ${Buffer.from(bytes).toString('base64')}`;

test('any host compiles for every build, also for one that it does not run', async () => {
  const N = dim('N');
  const graph = trace('half', { y: mul(input('x', [N]), constant(0.5)) });
  const maker = testHost();
  for (const simd of simdBuilds) {
    const made = await compileAhead([graph], simd, maker);
    assert.is(made.size, 2, simd);
    const again = await compileAhead([graph], simd, maker);
    assert.equal([...again].map(inWords), [...made].map(inWords), `${simd} out of the cache`);
  }
  await maker.compiler.close();
});

test('an outline is the same when it is read again', () => {
  for (const graph of graphs) {
    const outline = outlineOf(compileGraph(graph, { language: 'assembly', simd: 'baseline' }));
    assert.equal(JSON.parse(JSON.stringify(outline)), outline, graph.name);
  }
});

test('graphs have a key each, the same whenever they are traced', () => {
  const keys = graphs.map(graphKey);
  assert.is(new Set(keys).size, graphs.length);
  assert.equal(defaultGraphs(smallConfig, tokenizer).map(graphKey), keys);
  const fewer = defaultGraphs({ ...smallConfig, embedding_size: 10 }, tokenizer).map(graphKey);
  const differing = graphs.filter((_, i) => fewer[i] !== keys[i]).map(({ name }) => name);
  for (const name of ['imageFeatures', 'textEmbedding', 'heatMap']) assert.ok(differing.includes(name), name);
  assert.not.ok(differing.includes('reorderCache'));
});

test.run();
