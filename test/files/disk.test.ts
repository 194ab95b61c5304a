// The local disk behind the seam: whole files or none, clear errors, a full disk.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { initModel } from '../../model/files/init.ts';
import { openModelDirectory } from '../../model/files/model-directory.ts';
import { directoryStore, openFile, outputDirectory, weightsAt, writeAtomically } from '../../targets/node/files.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { failsWith, failureOf } from './support.ts';

const test = suite<{ dir: string }>('disk');

test.before.each((context) => {
  context.dir = mkdtempSync(join(tmpdir(), 'mmgem-files-'));
});
test.after.each(({ dir }) => rmSync(dir, { recursive: true }));

const text = (value: string) => new TextEncoder().encode(value);

test('a file is read in parts', async ({ dir }) => {
  const path = join(dir, 'a.bin');
  writeFileSync(path, Buffer.from([1, 2, 3, 4, 5]));
  const source = await openFile(path);
  assert.is(source.size, 5);
  assert.equal([...(await source.read(1, 3))], [2, 3, 4]);
  assert.equal([...(await source.read(5, 0))], []);
  for (const [offset, length] of [
    [3, 3],
    [-1, 2],
    [0.5, 1],
    [0, -1],
    [2 ** 53, 1],
  ] as const) {
    await failsWith(() => source.read(offset, length), path, '5 bytes');
  }
  truncateSync(path, 2);
  await failsWith(() => source.read(0, 5), path, 'truncated');
  await source.close?.();
});

test('what cannot be read is named', async ({ dir }) => {
  await failsWith(() => openFile(join(dir, 'none')), join(dir, 'none'), 'does not exist');
  await failsWith(() => openFile(dir), dir, 'not a regular file');
  const store = directoryStore(dir);
  writeFileSync(join(dir, 'latin1.json'), Buffer.from([0x22, 0xe9, 0x22]));
  await failsWith(() => store.readText('latin1.json'), 'latin1.json', 'UTF-8');
  await failsWith(() => directoryStore(join(dir, 'none')).list(), 'does not exist');
  await failsWith(() => store.open('latin1.json/x'), 'latin1.json');
});

test('a store lists its files and does not leave its folder', async ({ dir }) => {
  mkdirSync(join(dir, 'sub'));
  writeFileSync(join(dir, 'sub', 'deep.txt'), 'deep');
  writeFileSync(join(dir, 'b'), 'text \u2603');
  writeFileSync(join(dir, 'target'), '');
  symlinkSync(join(dir, 'target'), join(dir, 'a'));
  const store = directoryStore(join(dir));
  assert.equal(await store.list(), ['a', 'b', 'target']);
  assert.is(await store.readText('b'), 'text \u2603');
  assert.is(await store.readText('sub/deep.txt'), 'deep');
  assert.ok((await store.exists('b')) && !(await store.exists('c')));
  for (const path of ['../b', 'sub/../../b', '/etc/hostname', 'sub\\..\\b']) {
    await failsWith(() => store.open(path), 'leaves the folder');
  }
});

test('weights are named by their folder or by their file', async ({ dir }) => {
  writeFileSync(join(dir, 'w.safetensors'), '');
  const byFolder = await weightsAt(dir);
  const byFile = await weightsAt(join(dir, 'w.safetensors'));
  assert.equal([byFolder.store.name, byFolder.base], [dir, undefined]);
  assert.equal([byFile.store.name, byFile.base], [dir, 'w.safetensors']);
  await failsWith(() => weightsAt(join(dir, 'none')), 'none', 'does not exist');
});

test('a written file replaces the old one as a whole, or not at all', async ({ dir }) => {
  const path = join(dir, 'f.txt');
  await writeAtomically(path, (writer) => writer.write(text('one')), 3);
  await writeAtomically(path, async (writer) => {
    await writer.write(text('tw'));
    assert.is(readFileSync(path, 'utf8'), 'one');
    await writer.write(text('o'));
  });
  assert.is(readFileSync(path, 'utf8'), 'two');
  const stop = new Error('stop');
  const interrupted = writeAtomically(path, async (writer) => {
    await writer.write(text('three'));
    throw stop;
  });
  assert.is(await interrupted.catch((error) => error), stop);
  await failsWith(() => writeAtomically(path, (writer) => writer.write(text('four')), 5), path, '4 bytes', '5');
  assert.is(readFileSync(path, 'utf8'), 'two');
  assert.equal(readdirSync(dir), ['f.txt']);
  await failsWith(() => writeAtomically(join(dir, 'none', 'f'), async () => {}), 'Create the folder');
});

test('a folder appears complete, in a free or empty place', async ({ dir }) => {
  const path = join(dir, 'new', 'model');
  const fill = (name: string) =>
    outputDirectory(path).create((d) => d.file(name, (writer) => writer.write(text(name))));
  await outputDirectory(path).create(async (directory) => {
    await directory.file('a', (writer) => writer.write(text('a')));
    assert.not(existsSync(path));
  });
  assert.equal(readdirSync(path), ['a']);
  await failsWith(() => fill('b'), path, 'not empty');
  assert.equal(readdirSync(path), ['a']);
  rmSync(join(path, 'a'));
  await fill('b');
  assert.equal(readdirSync(path), ['b']);
  writeFileSync(join(dir, 'file'), '');
  await failsWith(() => outputDirectory(join(dir, 'file')).create(async () => {}), 'is a file');
  await failsWith(() => outputDirectory(join(dir, 'file', 'x')).create(async () => {}), 'file');
});

test('a folder whose filling fails leaves nothing behind', async ({ dir }) => {
  const stop = new Error('stop');
  const failing = outputDirectory(join(dir, 'model')).create(async (directory) => {
    await directory.file('a', (writer) => writer.write(text('a')));
    await directory.file('b', async (writer) => {
      await writer.write(text('half'));
      throw stop;
    });
  });
  assert.is(await failing.catch((error) => error), stop);
  assert.equal(readdirSync(dir), []);
});

/** Starts a process that writes a folder and never comes to its end; resolves when it has begun. */
async function startEndlessWrite(path: string): Promise<ChildProcess> {
  const files = new URL('../../targets/node/files.js', import.meta.url).href;
  const program = `
    import { outputDirectory } from ${JSON.stringify(files)};
    await outputDirectory(${JSON.stringify(path)}).create((directory) =>
      directory.file('a', async (writer) => {
        await writer.write(new Uint8Array(1000));
        process.stdout.write('begun');
        await new Promise((done) => setTimeout(done, 60_000));
      }));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  return child;
}

test('what a killed process left is removed by the next write, what a running one writes is not', async ({ dir }) => {
  const [killed, running] = [await startEndlessWrite(join(dir, 'a')), await startEndlessWrite(join(dir, 'b'))];
  try {
    const partials = () => readdirSync(dir).filter((name) => name.endsWith('.partial'));
    const foreign = '.c.0123456789ab-1-01234567.partial';
    mkdirSync(join(dir, foreign));
    assert.is(partials().length, 3);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    assert.is(partials().length, 3);
    await writeAtomically(join(dir, 'f'), (writer) => writer.write(text('f')));
    const kept = partials();
    assert.is(kept.length, 2);
    assert.ok(kept.includes(foreign) && kept.some((name) => name.startsWith('.b.')), kept.join());
    running.kill('SIGKILL');
    await once(running, 'exit');
    await outputDirectory(join(dir, 'a')).create((d) => d.file('a', (writer) => writer.write(text('a'))));
    assert.equal(readdirSync(dir).sort(), [foreign, 'a', 'f']);
  } finally {
    killed.kill('SIGKILL');
    running.kill('SIGKILL');
  }
});

test('a model goes to the disk and comes back', async ({ dir }) => {
  const config = await initModel({ config: 'nano', seed: 1, out: outputDirectory(join(dir, 'nano')) });
  const model = await openModelDirectory(directoryStore(join(dir, 'nano')));
  assert.equal(model.config, config);
  assert.is(
    (await model.checkpoint.read('model.embed_tokens.weight')).length,
    config.language.vocab_size * config.language.hidden_size,
  );
  await model.checkpoint.close();
});

test('a full disk: the file, the bytes needed, and nothing left behind', async ({ dir }) => {
  const disk = join(dir, 'disk');
  mkdirSync(disk);
  const obstacle = mountSmallDisk(disk, 2 ** 20);
  if (obstacle !== undefined) {
    console.warn(`SKIPPED disk.test "a full disk": no small file system can be mounted here (${obstacle})`);
    return;
  }
  try {
    const path = join(disk, 'big.bin');
    const { message } = await failureOf(() => writeAtomically(path, (w) => w.write(new Uint8Array(2 ** 21)), 2 ** 21));
    assert.match(message, /big\.bin: no space left .* needs 2097152 bytes, and 1\d{6} bytes are free/);
    await failsWith(
      () => initModel({ config: 'nano', seed: 1, out: outputDirectory(join(disk, 'nano')) }),
      'nano/model.safetensors',
      'no space left',
      /needs 21\d{6} bytes/,
    );
    assert.equal(readdirSync(disk), []);
  } finally {
    execFileSync('umount', [disk]);
  }
});

test.run();
