import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type MetricsLine, openMetrics, readMetrics } from '../../model/train/metrics.ts';
import { runFolder } from '../../targets/node/train/run-folder.ts';
import { removeTemporaryFolders, temporaryFolder } from '../cli/support.ts';
import { failsWith } from '../files/support.ts';

const test = suite('metrics');
test.after(removeTemporaryFolders);

const line = (step: number): MetricsLine => ({
  step,
  losses: { total: 1 / step },
  gradientNorm: 1,
  rate: 1e-5,
  imagesPerSecond: 20,
  images: 8 * step,
  seconds: step,
  place: { file: `ü${step}` },
});

async function written(steps: number) {
  const path = await temporaryFolder();
  const folder = runFolder(path);
  const log = await openMetrics(folder, 0);
  for (let step = 1; step <= steps; step++) await log.add(line(step));
  await log.flush();
  await log.close();
  return { folder, file: join(path, 'metrics.jsonl') };
}

const stepsOf = async (folder: ReturnType<typeof runFolder>) => (await readMetrics(folder)).map(({ step }) => step);

test('lines come back as they were', async () => {
  const { folder, file } = await written(3);
  assert.equal(await readMetrics(folder), [1, 2, 3].map(line));
  assert.is((await readFile(file, 'utf8')).split('\n').length, 4);
  assert.equal(await readMetrics(runFolder(await temporaryFolder())), []);
});

test('a run that goes on continues the file, whatever came behind its checkpoint', async () => {
  const texts = ['', '{"step":4,"pla', `${JSON.stringify(line(4))}\n${JSON.stringify(line(5))}\n`, '\0\0\0\0\n\0\0'];
  const insideOfALetter = Buffer.from(`${JSON.stringify(line(4))}\n{"step":5,"place":"ü`).subarray(0, -1);
  for (const tail of [...texts.map((text) => Buffer.from(text)), insideOfALetter]) {
    const { folder, file } = await written(3);
    await appendFile(file, tail);
    const log = await openMetrics(folder, 3);
    assert.is(log.missing, 0);
    await log.add(line(4));
    await log.close();
    assert.equal(await readMetrics(folder), [1, 2, 3, 4].map(line));
  }
});

test('a run that goes on from an earlier step drops the later ones; from the beginning, all', async () => {
  for (const step of [2, 1, 0]) {
    const { folder } = await written(5);
    const log = await openMetrics(folder, step);
    await log.add(line(step + 1));
    await log.close();
    assert.equal(
      await stepsOf(folder),
      Array.from({ length: step + 1 }, (_, i) => i + 1),
    );
  }
});

test('lines that are not there are counted', async () => {
  const { folder, file } = await written(2);
  const log = await openMetrics(folder, 5);
  assert.is(log.missing, 3);
  await log.add(line(6));
  await log.close();
  assert.equal(await stepsOf(folder), [1, 2, 6]);
  await writeFile(file, '');
  const none = await openMetrics(folder, 5);
  assert.is(none.missing, 5);
  await none.close();
});

test('a line that is none is named', async () => {
  const { folder, file } = await written(3);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('{"step":2', '{"stop":2'));
  await failsWith(() => openMetrics(folder, 3), `${file} line 2`, 'has no step');
  await writeFile(file, text.replace('{"step":2', '"step":2'));
  await failsWith(() => readMetrics(folder), `${file} line 2`, 'not valid JSON');
});

test.run();
