// Training as a whole on wasm: from a configuration to checkpoints that the next stage begins with.
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runFolder } from '../../targets/node/train/run-folder.ts';
import { removeTemporaryFolders, temporaryFolder } from '../cli/support.ts';
import { failsWith } from '../files/support.ts';
import {
  assertClose,
  assertParametersClose,
  assertSame,
  metricsOf,
  run,
  runUntil,
  sameBits,
  smallRun,
  tensorsOf,
  writeRun,
} from './small-run.ts';

const test = suite('training');
test.after(removeTemporaryFolders);

const folder = await temporaryFolder();
const stage1 = join(folder, 'stage1');

test('stage 1: a run that was interrupted ends with the bits of one that was not', async () => {
  const whole = await run(await writeRun(stage1));
  assert.equal([whole.ended, whole.state.step, whole.state.images], ['finished', 6, 36]);
  const figures = Object.keys(whole.figures!);
  assert.ok(
    ['text to image R@1', 'image to text R@1', 'right in every claim', 'CIDEr-D'].every((n) => figures.includes(n)),
  );
  const parted = join(folder, 'parted');
  const path = await writeRun(parted);
  const first = await runUntil(path, 4);
  assert.equal([first.ended, first.state.step], ['interrupted', 4]);
  assert.is((await run(path, { resume: true })).state.step, 6);
  assertSame(await tensorsOf(parted, 6), await tensorsOf(stage1, 6));
  assert.equal(await metricsOf(parted), await metricsOf(stage1));
});

test('the report shows what was said of scenes', async () => {
  const examples = await runFolder(join(stage1, 'out')).store().readText('examples.json');
  const shown = JSON.parse(examples) as { name: string; picture: string; truth: string }[];
  assert.is(shown.length, 5);
  for (const { name, picture, truth } of shown) {
    assert.match(name, /^scene 0\/\d$/);
    assert.match(picture, /^data:image\/png;base64,iVBOR/);
    assert.match(truth, /[a-z]+ [a-z]+/);
  }
});

for (const [stage, learned, figure] of [
  ['stage2-caption', ['h3.weight', 'h3.bias', 'soft_prompts'], 'region captions: right in every claim'],
  ['stage2-retrieval', ['h4.weight', 'h4.bias'], 'text to region'],
] as const) {
  test(`${stage}: begins with the newest checkpoint of stage 1, changes what learns, and nothing else by one bit`, async () => {
    const here = join(folder, stage);
    const changes = { stage, model: { directory: '../stage1/out' } };
    const { figures, last } = await run(await writeRun(here, changes));
    assert.ok(figure in figures!, Object.keys(figures!).join());
    assert.ok(Number.isFinite(last!.losses.total!));
    const [before, after] = [await tensorsOf(stage1, 6), await tensorsOf(here, 6)];
    for (const [name, values] of before) {
      if (name.startsWith('optimizer.')) continue;
      const isLearned = (learned as readonly string[]).includes(name);
      assert.is(sameBits(values, after.get(name)!), !isLearned, name);
    }
    const moments = [...after.keys()].filter((name) => name.startsWith('optimizer.'));
    assert.equal(moments.sort(), learned.flatMap((name) => ['m', 'v'].map((m) => `optimizer.${m}/${name}`)).sort());
    // Frozen tensors are not read from the checkpoint of the first stage any more when the run goes on.
    const on = await run(join(here, 'run.json'), { resume: true }, [{ field: 'steps', value: 7 }]);
    assert.is(on.state.step, 7);
    assert.ok(sameBits((await tensorsOf(here, 7)).get('h1.weight')!, before.get('h1.weight')!));
  });
}

test('stage 1 on regions: everything learns but h4; captions begin with soft prompts, and another grid of bins', async () => {
  const here = join(folder, 'regions');
  const changes = {
    stage: 'stage1-regions',
    model: { directory: '../stage1/out', roiGrid: 4 },
    data: { ...smallRun.data, wholeImage: 0.5 },
    lossWeights: { emb: 0.1, gen: 1 },
  };
  const { figures, last } = await run(await writeRun(here, changes));
  for (const figure of ['text to image R@1', 'captions: right in every claim', 'text to region', 'pointing accuracy'])
    assert.ok(figure in figures!, Object.keys(figures!).join());
  const { emb, gen, total } = last!.losses;
  assertClose(total!, 0.1 * emb! + gen!, 1e-5, 'total');
  const [before, after] = [await tensorsOf(stage1, 6), await tensorsOf(here, 6)];
  for (const [name, values] of before) {
    if (name.startsWith('optimizer.')) continue;
    assert.is(sameBits(values, after.get(name)!), name.startsWith('h4.'), name);
  }
  const config = await runFolder(join(here, 'out')).store().readText('checkpoints/step-00000006/config.json');
  const { caption_prefix: prefix, roi_grid: grid } = JSON.parse(config);
  assert.equal([prefix, grid], ['soft_prompts', 4]);
});

test('in chunks: what the whole batch gives, within float32; a temperature by schedule does not learn', async () => {
  const [whole, chunked] = [join(folder, 'whole'), join(folder, 'chunked')];
  const changes = { steps: 4, evaluation: undefined, temperature: { from: 0.1, to: 0.02 } };
  await run(await writeRun(whole, changes));
  await run(await writeRun(chunked, { ...changes, chunk: 4 }));
  const [one, other] = [await metricsOf(whole), await metricsOf(chunked)];
  for (const [i, { losses, gradientNorm }] of one.entries()) {
    for (const [name, loss] of Object.entries(losses)) assertClose(other[i]!.losses[name]!, loss!, 1e-5, name);
    assertClose(other[i]!.gradientNorm!, gradientNorm!, 1e-4, 'gradient norm');
  }
  assert.ok(one[0]!.temperature === 0.1 && one[3]!.temperature! < 0.1, `${one[3]!.temperature}`);
  const [a, b] = [await tensorsOf(whole, 4), await tensorsOf(chunked, 4)];
  assert.is(a.get('logit_scale')![0], Math.fround(Math.log(1 / 0.07)));
  assertParametersClose(b, a, 5e-3);
});

test('the loss falls', async () => {
  const here = join(folder, 'longer');
  const optimizer = { rate: 0.05, projectionRate: 0.05 };
  const checkpoint = { every: { steps: 60 }, keep: 1 };
  await run(await writeRun(here, { optimizer, steps: 60, evaluation: undefined, checkpoint }));
  const lines = await metricsOf(here);
  const mean = (part: typeof lines, name: string): number =>
    part.reduce((sum, { losses }) => sum + losses[name]!, 0) / part.length;
  const [early, late] = [lines.slice(0, 5), lines.slice(-5)];
  assert.ok(mean(late, 'gen') < 0.8 * mean(early, 'gen'), `${mean(early, 'gen')} became ${mean(late, 'gen')}`);
});

test('what is missing is named before anything is trained', async () => {
  const here = await temporaryFolder();
  const fails = async (changes: object, ...says: (string | RegExp)[]) =>
    failsWith(async () => run(await writeRun(here, changes)), ...says);
  const { config } = smallRun.model;
  await fails({ model: { config } }, 'model: has no tokenizer', 'model.tokenizer');
  await fails({ model: { config, tokenizer: 'french' } }, 'french/tokenizer.json');
  await fails({ model: { directory: 'nowhere' } }, 'nowhere: is no model directory, as it has no config.json');
  const stage1Out = join(folder, 'stage1', 'out');
  await fails({ model: { directory: stage1Out, roiGrid: 100 } }, 'config.json, changed', 'roi_grid', '10053 tokens');
  await fails({ data: { source: { format: 'parquet' } } }, 'run.json: data.source: format is "parquet"');
  await fails({ data: { source: { format: 'scenes', counts: [1] } } }, 'data.source: counts is [1]', 'a list of 4');
  await fails({ data: { source: { format: 'jsonl', folder: 'none' } } }, 'none');
  await fails(
    { evaluation: { ...smallRun.evaluation, source: { format: 'scenes', epoch: 3 } } },
    'evaluation.source: epoch',
  );
});

test.run();
