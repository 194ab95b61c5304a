/** Golden files on every backend of every browser. */
import * as assert from 'uvu/assert';
import { browserNames } from './support/browsers.ts';
import { browserSuite } from './support/suite.ts';
import { VerifySite } from './support/verify-site.ts';

const operators = ['operators.safetensors', 'roi_align.safetensors'];
const forward = ['tiny_params.safetensors', 'tiny_batch.safetensors', 'tiny_forward.safetensors'];
const training = ['tiny_stage2_caption.safetensors', 'tiny_stage2_retrieval.safetensors'];
/** Tensors that are compared. */
const counts = { operators: 50 + 82 + 6 + 6, forward: 12, training: 12 + 9 };

/** Software adapters take about a second to compile a kernel: training is verified on WebAssembly alone. */
const runs = [
  {
    title: 'wasm on an isolated page: operators, forward pass, training',
    backend: 'wasm',
    isolated: true,
    files: [...operators, ...forward, ...training],
    count: counts.operators + counts.forward + counts.training,
    description: /^relaxed SIMD .*, [2-9]\d* threads/,
  },
  {
    title: 'wasm on a page that is not isolated: operators, forward pass, training',
    backend: 'wasm',
    isolated: false,
    files: [...operators, ...forward, ...training],
    count: counts.operators + counts.forward + counts.training,
    description: /^relaxed SIMD .*, 1 thread/,
  },
  {
    title: 'webgpu: operators, forward pass',
    backend: 'webgpu',
    isolated: true,
    files: [...operators, ...forward],
    count: counts.operators + counts.forward,
    description: /./,
  },
] as const;

const site = await VerifySite.open();
const suites = browserNames.map((browser) => {
  const suite = browserSuite('verify', browser);
  for (const { title, backend, isolated, files, count, description } of runs) {
    suite.test(title, async (tab) => {
      site.site.isolated = isolated;
      const verified = await site.verify(tab, { backend, files });
      assert.match(verified.description, description);
      assert.equal(
        verified.rows.flatMap(({ ok, ...row }) => (ok ? [] : [row])),
        [],
      );
      assert.is(verified.rows.length, count);
    });
  }
  return suite;
});
suites.at(-1)!.after(() => site[Symbol.asyncDispose]());
for (const suite of suites) suite.run();
