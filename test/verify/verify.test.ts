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
import { goldenBytes, memoryStore, withElement, withHeader } from './golden-folder.ts';

const test = suite('verify');

async function rowsOf(store: FileStore, runner: GraphRunner = interpreterRunner, only?: RegExp): Promise<VerifyRow[]> {
  const rows: VerifyRow[] = [];
  for await (const row of verifyDirectory(store, runner, only && { only })) rows.push(row);
  return rows;
}

const failures = (rows: readonly VerifyRow[]) => rows.filter((row) => !row.ok);
const describe = ({ case: name, tensor, error, tolerance, note }: VerifyRow) =>
  `${name} ${tensor}: ${error} (${tolerance}) ${note ?? ''}`;

const operators = goldenBytes('operators.safetensors');

test('the interpreter agrees with the golden operators, images and the small model', async () => {
  const rows = await rowsOf(directoryStore(goldenPath()), interpreterRunner, /^(operators|roi_align|preprocess|tiny)/);
  assert.equal(failures(rows).map(describe), []);
  const covered = rows
    .filter((row) => row.covered)
    .map((row) => `${row.file} ${row.tensor === 'out' ? row.case : row.tensor}`);
  assert.is(covered.filter((name) => name.startsWith('operators')).length, 50);
  assert.is(covered.filter((name) => name.startsWith('roi_align')).length, 6);
  assert.is(covered.filter((name) => name.startsWith('preprocess')).length, 7);
  assert.equal(
    covered.filter((name) => name.startsWith('tiny')).map((name) => name.replace(/^tiny_|\.safetensors/g, '')),
    [
      ...['vit', 'image_embedding', 'text_embedding', 'region_embedding', 'mask_feature', 'llm_hidden', 'llm_logits'],
      ...['caption_logits', 'greedy_0', 'greedy_1', 'greedy_region_0', 'greedy_region_1'],
    ]
      .map((name) => `forward ${name}`)
      .concat(
        ['v2t', 't2v', 'emb', 'gen', 'total'].map((loss) => `stage1 loss/${loss}`),
        ['stage2_caption loss/total', 'stage2_retrieval loss/total'],
      ),
  );
});

test('what is not covered yet is listed and is no failure', async () => {
  const rows = (await rowsOf(memoryStore({ 'operators.safetensors': operators }))).filter((row) => !row.covered);
  assert.is(rows.length, 1);
  assert.ok(rows[0]!.ok);
  assert.is(rows[0]!.note, 'not covered yet: 132 tensors of gradients');
});

test('one changed value fails its case alone', async () => {
  const changed = withElement(operators, 'softmax/out', 5, (old) => old + 1e-4);
  const rows = await rowsOf(memoryStore({ 'operators.safetensors': changed }));
  assert.equal(
    failures(rows).map((row) => row.case),
    ['softmax'],
  );
  const last = worstLast(rows).at(-1)!;
  assert.is(last.case, 'softmax');
  assert.ok(last.error! > last.tolerance! && last.error! < 1e-2, describe(last));
});

test('a golden value that is NaN fails', async () => {
  const changed = withElement(operators, 'exp/out', 0, () => Number.NaN);
  const [row] = failures(await rowsOf(memoryStore({ 'operators.safetensors': changed })));
  assert.is(row?.case, 'exp');
  assert.match(row!.note!, /NaN/);
});

test('one changed token id fails its caption alone', async () => {
  const files = Object.fromEntries(
    ['tiny_params', 'tiny_batch', 'tiny_forward'].map((name) => [
      `${name}.safetensors`,
      goldenBytes(`${name}.safetensors`),
    ]),
  );
  const forward = withElement(files['tiny_forward.safetensors']!, 'greedy_1', 2, (id) => id + 1);
  const rows = failures(await rowsOf(memoryStore({ ...files, 'tiny_forward.safetensors': forward })));
  assert.equal(
    rows.map((row) => row.tensor),
    ['greedy_1'],
  );
  assert.match(rows[0]!.note!, /^ids [\d ]+ where [\d ]+ is due$/);
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
  assert.is(rows.filter((row) => row.ok && row.covered).length, 49);
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
  assert.is(rows.filter((row) => row.ok && row.covered).length, 6);
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

test('a backend is measured by its own tolerances', async () => {
  const store = memoryStore({ 'operators.safetensors': operators });
  const off = (kind: GraphRunner['kind']): GraphRunner => ({
    name: kind,
    kind,
    async run(graph, given, sizes) {
      const { out } = await interpreterRunner.run(graph, given, sizes);
      return { out: Float32Array.from(out!, (value) => value * (1 + 5e-6)) };
    },
  });
  assert.equal(failures(await rowsOf(store, off('webgpu'))), []);
  assert.is(failures(await rowsOf(store, off('wasm'))).length, 50);
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
    covered: true,
    ...rest,
  });
  const rows = [
    row('failed', { ok: false }),
    row('close', { error: 9e-6, tolerance: 1e-5 }),
    row('later', { covered: false }),
    row('exact', { error: 0, tolerance: 0 }),
    row('over', { error: 2e-5, tolerance: 1e-5, ok: false }),
  ];
  assert.equal(
    worstLast(rows).map((one) => one.tensor),
    ['later', 'exact', 'close', 'over', 'failed'],
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
