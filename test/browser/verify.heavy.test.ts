/** Golden files on every backend of every browser. */
import * as assert from 'uvu/assert';
import type { Verify } from './pages/verify-worker.ts';
import { browserNames } from './support/browsers.ts';
import { browserSuite } from './support/suite.ts';
import { VerifySite } from './support/verify-site.ts';

interface Run {
  readonly title: string;
  readonly isolated: boolean;
  /** What the engine says of itself. */
  readonly description: RegExp;
  readonly parts: readonly { readonly what: Verify; readonly tensors: number }[];
}

const operators = { folder: '/golden/', files: ['operators.safetensors'] };
const someOperators = { folder: '/chosen/', files: ['operators.safetensors'] };
const models = {
  folder: '/golden/',
  files: ['roi_align', 'tiny_params', 'tiny_batch', 'tiny_forward'].map((name) => `${name}.safetensors`),
};
const training = {
  folder: '/golden/',
  files: ['tiny_params', 'tiny_batch', 'tiny_stage2_caption', 'tiny_stage2_retrieval'].map(
    (name) => `${name}.safetensors`,
  ),
};

const wasmParts = [
  { what: { backend: 'wasm', ...operators }, tensors: 50 + 82 },
  { what: { backend: 'wasm', ...models }, tensors: 6 + 6 + 12 },
  { what: { backend: 'wasm', ...training }, tensors: 12 + 9 },
];

const runs: readonly Run[] = [
  {
    title: 'wasm on an isolated page: operators, RoIAlign, a model, its training',
    isolated: true,
    description: /^relaxed SIMD .*, [2-9]\d* threads/,
    parts: wasmParts,
  },
  {
    title: 'wasm on a page that is not isolated: the same',
    isolated: false,
    description: /^relaxed SIMD .*, 1 thread/,
    parts: wasmParts,
  },
  {
    // Software adapters take about a second to compile a kernel; `npm run verify:hosts` verifies all operators.
    title: 'webgpu: operators of every kind, RoIAlign, a model',
    isolated: true,
    description: /./,
    parts: [
      { what: { backend: 'webgpu', ...someOperators }, tensors: 13 + 26 },
      { what: { backend: 'webgpu', ...models }, tensors: 6 + 6 + 12 },
    ],
  },
];

const site = await VerifySite.open();
const suites = browserNames.map((browser) => {
  const suite = browserSuite('verify', browser);
  for (const { title, isolated, description, parts } of runs) {
    suite.test(title, async (tab) => {
      site.site.isolated = isolated;
      for (const { what, tensors } of parts) {
        const verified = await site.verify(tab, what);
        assert.match(verified.description, description);
        assert.equal(
          verified.rows.flatMap(({ ok, ...row }) => (ok ? [] : [row])),
          [],
        );
        assert.is(verified.rows.length, tensors);
      }
    });
  }
  return suite;
});
suites.at(-1)!.after(() => site[Symbol.asyncDispose]());
for (const suite of suites) suite.run();
