// Checkpoints on the disk: whole or not there, verified when read, models that load.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clipNormalization, preprocessorFor } from '../../model/files/preprocessor.ts';
import { initParameters } from '../../model/initial-parameters.ts';
import { loadOn } from '../../model/load.ts';
import {
  checkpointSteps,
  openRunCheckpoint,
  pruneCheckpoints,
  type RunState,
  writeRunCheckpoint,
} from '../../model/train/checkpoint.ts';
import { watchful } from '../../model/train/guard.ts';
import type { StoredTensor } from '../../model/train/seam.ts';
import { directoryStore } from '../../targets/node/files.ts';
import { runFolder } from '../../targets/node/train/run-folder.ts';
import { removeTemporaryFolders, temporaryFolder } from '../cli/support.ts';
import { failsWith } from '../files/support.ts';
import { interpreterEngine } from '../model/interpreter-engine.ts';
import { smallConfig, smallModelFiles } from '../model/small-model.ts';
import { fakeConfig } from './fakes.ts';

const test = suite('checkpoints of a run');
test.after(removeTemporaryFolders);

const stateAt = (step: number): RunState => ({
  step,
  place: { shard: 'ü.tar', random: [1, 2 ** 31] },
  images: 8 * step,
  broken: 1,
  seconds: 0.1 + 0.2,
  guard: { ...watchful, first: 3, recent: [1 / 3] },
  config: fakeConfig(),
});
/** Values whose bits are easily lost. */
const delicate = Float32Array.of(-0, 1e-45, 3.4028234663852886e38, 1 / 3);
const tensors: StoredTensor[] = [
  { name: 'weight', shape: [2, 2], read: async () => delicate },
  { name: 'scalar', shape: [], read: async () => Float32Array.of(2.5) },
  { name: 'optimizer.m/weight', shape: [2, 2], read: async () => delicate.map((value) => -value) },
];
const model = { config: smallConfig, preprocessor: preprocessorFor(smallConfig.vision, clipNormalization) };

async function written(...steps: readonly number[]) {
  const path = await temporaryFolder();
  const folder = runFolder(path);
  for (const step of steps) await writeRunCheckpoint(folder, stateAt(step), tensors, model);
  return {
    folder,
    at: (step: number, ...names: string[]) => join(path, 'checkpoints', `step-0000000${step}`, ...names),
  };
}

test('state and tensors come back as they were, to the bit', async () => {
  const { folder } = await written(3);
  const opened = await openRunCheckpoint(folder, 3);
  assert.equal(opened.state, stateAt(3));
  assert.equal([...opened.tensors.keys()].sort(), ['optimizer.m/weight', 'scalar', 'weight']);
  for (const { name, shape, read } of tensors) {
    const found = opened.tensors.get(name)!;
    assert.equal(found.shape, shape);
    assert.equal(new Uint32Array((await found.read()).buffer), new Uint32Array((await read()).slice().buffer), name);
  }
  await opened.close();
});

test('a checkpoint is a model directory that loads', async () => {
  const path = await temporaryFolder();
  const parameters: StoredTensor[] = [...initParameters(smallConfig, 1)].map(({ name, shape, pieces }) => ({
    name,
    shape,
    read: async () => Float32Array.from([...pieces()].flatMap((piece) => [...piece])),
  }));
  const moments = parameters.map((tensor) => ({ ...tensor, name: `optimizer.m/${tensor.name}` }));
  const tokenizer = new TextDecoder().decode((await smallModelFiles())['tokenizer.json'] as Uint8Array);
  await writeRunCheckpoint(runFolder(path), stateAt(1), [...parameters, ...moments], { ...model, tokenizer });
  const host = { openStore: directoryStore, decodeImage: async () => assert.unreachable() as never };
  const loaded = await loadOn(join(path, 'checkpoints', 'step-00000001'), host, interpreterEngine());
  const [embedding] = await loaded.embedTexts(['a dog']);
  assert.ok(Math.abs(Math.hypot(...embedding!) - 1) < 1e-6);
  await loaded.close();
});

test('the last ones are kept, whatever else lies in the folder', async () => {
  const { folder, at } = await written(1, 2, 3, 5);
  await mkdir(join(at(1), '..', 'notes'));
  await writeFile(join(at(1), '..', 'step-00000009'), 'a file');
  await mkdir(join(at(1), '..', '.step-00000008.0123abcd.partial'));
  assert.equal(await checkpointSteps(folder), [1, 2, 3, 5]);
  await pruneCheckpoints(folder, 2);
  assert.equal(await checkpointSteps(folder), [3, 5]);
  await pruneCheckpoints(folder, 9);
  assert.equal(await checkpointSteps(folder), [3, 5]);
  assert.equal(await checkpointSteps(runFolder(join(at(1), 'nowhere'))), []);
});

test('a changed bit anywhere is found, and the file and the way on are named', async () => {
  const { folder, at } = await written(2, 4);
  const files = await readdir(at(4));
  assert.equal(files.sort(), [
    'config.json',
    'model.safetensors',
    'optimizer.safetensors',
    'preprocessor_config.json',
    'run.json',
  ]);
  for (const file of files) {
    const good = await readFile(at(4, file));
    for (let place = 0; place < good.length; place += Math.ceil(good.length / 23)) {
      const bad = Buffer.from(good);
      bad[place]! ^= 4;
      if (file === 'run.json' && JSON.stringify(parsed(bad)) === JSON.stringify(parsed(good))) continue; // another kind of space
      await writeFile(at(4, file), bad);
      await failsWith(
        () => openRunCheckpoint(folder, 4),
        at(4, file),
        'SHA-256',
        `Remove ${at(4)}`,
        'the checkpoint before it',
      );
    }
    await writeFile(at(4, file), good.subarray(0, -1));
    if (file !== 'run.json') await failsWith(() => openRunCheckpoint(folder, 4), at(4, file), 'SHA-256');
    await rm(at(4, file));
    await failsWith(() => openRunCheckpoint(folder, 4), at(4, file), 'is missing', `Remove ${at(4)}`);
    await writeFile(at(4, file), good);
  }
  await (await openRunCheckpoint(folder, 4)).close();
  await rm(at(4), { recursive: true });
  assert.equal(await checkpointSteps(folder), [2]);
});

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

test('a checkpoint of another version is refused', async () => {
  const { folder, at } = await written(1);
  const { sha256, ...content } = JSON.parse(await readFile(at(1, 'run.json'), 'utf8'));
  assert.match(sha256, /^[0-9a-f]{64}$/);
  const newer = { ...content, version: 2 };
  const digest = folder.digest();
  digest.update(new TextEncoder().encode(JSON.stringify(newer)));
  await writeFile(at(1, 'run.json'), JSON.stringify({ ...newer, sha256: digest.hex() }));
  await failsWith(() => openRunCheckpoint(folder, 1), 'version 2', 'the mmgem that wrote it');
});

test('a checkpoint that was renamed is refused', async () => {
  const { folder, at } = await written(1);
  await cp(at(1), at(7), { recursive: true });
  await failsWith(() => openRunCheckpoint(folder, 7), at(7), 'holds step 1');
});

test('a tensor that is no number is never saved, and nothing is left of the attempt', async () => {
  const { folder, at } = await written(1);
  const broken = { name: 'h1.weight', shape: [2], read: async () => Float32Array.of(1, Number.NaN) };
  const writing = () => writeRunCheckpoint(folder, stateAt(2), [...tensors, broken], model);
  await failsWith(writing, 'step 2: tensor h1.weight is not finite', 'no checkpoint is written of it');
  assert.equal(await readdir(join(at(1), '..')), ['step-00000001']);
});

test.run();
