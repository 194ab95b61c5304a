import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { FileStore } from '../../model/files/source.ts';
import { caseNames } from '../../model/verify/cases.ts';
import { relativeError, tolerances } from '../../model/verify/tolerances.ts';
import {
  type GraphRunner,
  interpreterRunner,
  type VerifyRow,
  verifyDirectory,
  worstLast,
} from '../../model/verify/verify.ts';
import { directoryStore } from '../../targets/node/files.ts';
import { goldenPath } from '../support/repository.ts';
import { goldenBytes, memoryStore, withCases, withElement, withHeader } from './golden-folder.ts';

const test = suite('verify');

async function rowsOf(store: FileStore, runner: GraphRunner = interpreterRunner, only?: RegExp): Promise<VerifyRow[]> {
  const rows: VerifyRow[] = [];
  for await (const row of verifyDirectory(store, runner, only && { only })) rows.push(row);
  return rows;
}

const failures = (rows: readonly VerifyRow[]) => rows.filter((row) => !row.ok);
const describe = ({ case: name, tensor, error, tolerance, note }: VerifyRow) =>
  `${name} ${tensor}: ${error} (${tolerance}) ${note ?? ''}`;

/** Four cases, and how many tensors they hold that are compared: results, and gradients of x, or of x, w and b. */
const operators = withCases(goldenBytes('operators.safetensors'), ['exp', 'linear', 'softmax', 'sum_axis']);
const [results, gradients] = [4, 3 + 3];
const names = (rows: readonly VerifyRow[]) => rows.map((row) => `${row.case} ${row.tensor}`);

test('the interpreter agrees with the golden operators, images and the small model', async () => {
  const files = /^(operators|roi_align|preprocess|tiny_forward)/;
  const rows = await rowsOf(directoryStore(goldenPath()), interpreterRunner, files);
  assert.equal(failures(rows).map(describe), []);
  const of = (file: string) => rows.filter((row) => row.file === `${file}.safetensors`);
  assert.is(of('operators').length, 50 + 82);
  assert.is(of('roi_align').length, 6 + 6);
  assert.is(of('preprocess').length, 7);
  assert.equal(
    of('tiny_forward').map((row) => row.tensor),
    [
      ...['vit', 'image_embedding', 'text_embedding', 'region_embedding', 'mask_feature', 'llm_hidden', 'llm_logits'],
      ...['caption_logits', 'greedy_0', 'greedy_1', 'greedy_region_0', 'greedy_region_1'],
    ],
  );
});

test('every result and every gradient of an operator is a row', async () => {
  assert.equal(names(await rowsOf(memoryStore({ 'operators.safetensors': operators }))).sort(), [
    ...['exp grad/x', 'exp out', 'linear grad/b', 'linear grad/w', 'linear grad/x', 'linear out'],
    ...['softmax grad/x', 'softmax out', 'sum_axis grad/x', 'sum_axis out'],
  ]);
});

test('one changed value fails its case alone', async () => {
  const changed = withElement(operators, 'softmax/out', 5, (old) => old + 1e-4);
  const rows = await rowsOf(memoryStore({ 'operators.safetensors': changed }));
  assert.equal(names(failures(rows)), ['softmax out']);
  const last = worstLast(rows).at(-1)!;
  assert.is(last.case, 'softmax');
  assert.ok(last.error! > last.tolerance! && last.error! < 1e-2, describe(last));
});

test('one changed gradient fails alone', async () => {
  const changed = withElement(operators, 'linear/grad/w', 5, (old) => old + 1e-3);
  assert.equal(names(failures(await rowsOf(memoryStore({ 'operators.safetensors': changed })))), ['linear grad/w']);
});

test('a golden value that is NaN fails', async () => {
  const changed = withElement(operators, 'exp/out', 0, () => Number.NaN);
  const [row] = failures(await rowsOf(memoryStore({ 'operators.safetensors': changed })));
  assert.is(row?.case, 'exp');
  assert.match(row!.note!, /NaN/);
});

const tiny = (...parts: readonly string[]): Record<string, Uint8Array> =>
  Object.fromEntries(parts.map((part) => [`tiny_${part}.safetensors`, goldenBytes(`tiny_${part}.safetensors`)]));

test('one changed token id fails its caption alone', async () => {
  const files = tiny('params', 'batch', 'forward');
  const forward = withElement(files['tiny_forward.safetensors']!, 'greedy_1', 2, (id) => id + 1);
  const rows = failures(await rowsOf(memoryStore({ ...files, 'tiny_forward.safetensors': forward })));
  assert.equal(
    rows.map((row) => row.tensor),
    ['greedy_1'],
  );
  assert.match(rows[0]!.note!, /^ids [\d ]+ where [\d ]+ is due$/);
});

test('a stage is trained for five steps, and one changed parameter after the last of them fails alone', async () => {
  const file = 'tiny_stage2_retrieval.safetensors';
  const files = tiny('params', 'batch', 'stage2_retrieval');
  const changed = withElement(files[file]!, 'step5/h4.weight', 7, (old) => old + 1e-3);
  const rows = await rowsOf(memoryStore({ ...files, [file]: changed }));
  assert.equal(
    rows.map((row) => row.tensor),
    [
      ...['grad/h4.weight', 'grad/h4.bias', 'loss/total', 'step1/h4.weight', 'step1/h4.bias'],
      ...['step5/h4.weight', 'step5/h4.bias', 'losses', 'grad_norms'],
    ],
  );
  assert.equal(
    failures(rows).map((row) => row.tensor),
    ['step5/h4.weight'],
  );
});

test('a stage that cannot be trained fails in every tensor, with the reason', async () => {
  const broken: GraphRunner = { ...interpreterRunner, open: async () => Promise.reject(new Error('device lost')) };
  const rows = await rowsOf(memoryStore(tiny('params', 'batch', 'stage2_retrieval')), broken);
  assert.equal(
    failures(rows).map((row) => row.note),
    Array.from({ length: 9 }, () => 'device lost'),
  );
});

test('an unknown case is a failure that names it, and the others still run', async () => {
  const changed = withHeader(operators, (header) =>
    header.replaceAll('"softmax/', '"wavelet/').replace('"softmax"', '"wavelet"'),
  );
  const rows = await rowsOf(memoryStore({ 'operators.safetensors': changed }));
  assert.equal(
    failures(rows).map(({ case: name, note }) => `${name}: ${note}`),
    ['wavelet: no such case is known to this version; update mmgem or leave the case out'],
  );
  assert.is(rows.filter((row) => row.ok).length, results + gradients - 2);
});

test('a case without its result or an input is a failure that says so', async () => {
  const changed = withHeader(operators, (header) =>
    header.replace('"exp/out"', '"exp/in/spare"').replace('"linear/in/w"', '"linear/in/weight"'),
  );
  const notes = failures(await rowsOf(memoryStore({ 'operators.safetensors': changed }))).map((row) => row.note);
  assert.equal(notes, [
    'case linear: has no tensor in/w. Write the golden file again.',
    'the file has no tensor exp/out; write it again',
  ]);
});

test('attributes of the wrong form are a failure that names them', async () => {
  const changed = withHeader(operators, (header) =>
    header.replace('"sum_axis":"{\\"axis\\": 1}"', '"sum_axis":"{\\"axis\\": true}"'),
  );
  const [row] = failures(await rowsOf(memoryStore({ 'operators.safetensors': changed })));
  assert.is(row?.note, 'case sum_axis: its attribute axis is true where a number is due. Write the golden file again.');
});

test('a file that is cut off fails as a whole, the next one runs', async () => {
  const store = memoryStore({
    'operators.safetensors': operators.subarray(0, operators.length - 100),
    'roi_align.safetensors': goldenBytes('roi_align.safetensors'),
  });
  const rows = await rowsOf(store);
  assert.equal(
    failures(rows).map((row) => `${row.file} ${row.case}`),
    ['operators.safetensors *'],
  );
  assert.match(failures(rows)[0]!.note!, /memory\/operators\.safetensors.*truncated/);
  assert.is(rows.filter((row) => row.ok).length, 6 + 6);
});

test('a model without its parameters fails and says which file is missing', async () => {
  const store = memoryStore({ 'tiny_forward.safetensors': goldenBytes('tiny_forward.safetensors') });
  assert.equal(
    failures(await rowsOf(store)).map((row) => row.note),
    ['memory/tiny_params.safetensors: there is no such file. Name one that is there.'],
  );
});

test('a file of another kind fails', async () => {
  const changed = withHeader(goldenBytes('roi_align.safetensors'), (header) =>
    header.replaceAll('/grad_out"', '/other"'),
  );
  const [row] = failures(await rowsOf(memoryStore({ 'weights.safetensors': changed })));
  assert.match(row!.note!, /weights\.safetensors: is no golden file that this version knows/);
});

test('a folder without golden files, or none at all, is an error', async () => {
  const fails = async (store: FileStore, message: RegExp): Promise<void> => {
    const outcome = await rowsOf(store).catch((error: unknown) => error);
    assert.instance(outcome, Error);
    assert.match((outcome as Error).message, message);
  };
  await fails(memoryStore({ 'notes.txt': new Uint8Array(3) }), /^memory: holds no golden files/);
  await fails(directoryStore(`${goldenPath()}/nothing-here`), /nothing-here/);
});

test('a backend that fails or gives too little fails every case, with its reason', async () => {
  const store = memoryStore({ 'roi_align.safetensors': goldenBytes('roi_align.safetensors') });
  const broken: GraphRunner = { ...interpreterRunner, run: async () => Promise.reject(new Error('device lost')) };
  assert.equal(
    failures(await rowsOf(store, broken)).map((row) => row.note),
    Array.from({ length: 6 }, () => 'device lost'),
  );
  const short: GraphRunner = { ...interpreterRunner, run: async () => ({ out: new Float32Array(1) }) };
  assert.match(failures(await rowsOf(store, short))[0]!.note!, /the result has 1 elements, the golden tensor 30/);
});

test('a backend is measured by its own tolerances, and gradients by others than results', async () => {
  const store = memoryStore({ 'operators.safetensors': operators });
  const off = (kind: GraphRunner['kind'], by: number): GraphRunner => ({
    ...interpreterRunner,
    kind,
    async run(graph, given, sizes) {
      const outputs = Object.entries(await interpreterRunner.run(graph, given, sizes));
      return Object.fromEntries(
        outputs.map(([name, values]) => [name, Float32Array.from(values, (value) => value * (1 + by))]),
      );
    },
  });
  assert.equal(failures(await rowsOf(store, off('webgpu', 5e-6))), []);
  assert.equal(names(failures(await rowsOf(store, off('wasm', 5e-6)))).sort(), [
    ...['exp out', 'linear out', 'softmax out', 'sum_axis out'],
  ]);
  assert.is(failures(await rowsOf(store, off('wasm', 2e-5))).length, results + gradients);
});

test('errors are relative to the largest golden value', () => {
  assert.is(relativeError([1, 2, 3], [1, 2, 4]), 1 / (4 + 1e-6));
  assert.is(relativeError([0], [0]), 0);
  assert.ok(Number.isNaN(relativeError([Number.NaN, 1], [0, 1])));
  assert.ok(Number.isNaN(relativeError([1], [1, 2])));
  assert.is(relativeError([Number.POSITIVE_INFINITY], [Number.POSITIVE_INFINITY]), 0);
  assert.is(relativeError([1e30, 1], [Number.POSITIVE_INFINITY, 1]), Number.POSITIVE_INFINITY);
});

test('the worst row comes last, what could not run at the very end', () => {
  const row = (tensor: string, rest: Partial<VerifyRow>): VerifyRow => ({
    file: 'f',
    case: 'c',
    tensor,
    ok: true,
    ...rest,
  });
  const rows = [
    row('failed', { ok: false }),
    row('close', { error: 9e-6, tolerance: 1e-5 }),
    row('exact', { error: 0, tolerance: 0 }),
    row('over', { error: 2e-5, tolerance: 1e-5, ok: false }),
  ];
  assert.equal(
    worstLast(rows).map((one) => one.tensor),
    ['exact', 'close', 'over', 'failed'],
  );
});

test('every backend has every tolerance, and WebGPU allows no less than wasm', () => {
  for (const quantity of Object.keys(tolerances.wasm) as (keyof typeof tolerances.wasm)[]) {
    assert.ok(tolerances.interpreter[quantity] < tolerances.wasm[quantity]);
    assert.ok(tolerances.wasm[quantity] <= tolerances.webgpu[quantity]);
  }
  assert.ok(caseNames.length > 50);
});

test.run();
