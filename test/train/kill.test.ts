import { spawn } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cliPath, removeTemporaryFolders, temporaryFolder } from '../cli/support.ts';
import { randomKills, type StartRun, startFake, survives } from './kills.ts';
import { writeRun } from './small-run.ts';

const test = suite('kill −9');
test.after(removeTemporaryFolders);

test('25 kills lose no checkpoint, and the end is that of an undisturbed run to the bit', async () => {
  const halfWritten = await survives(randomKills(25), await temporaryFolder(), startFake);
  assert.ok(halfWritten > 0, 'no kill came while a checkpoint was being written');
});

test('mmgem train, killed at its beginning and later, ends as an undisturbed run to the bit', async () => {
  const folder = await temporaryFolder();
  const config = await writeRun(folder, { checkpoint: { every: { steps: 2 }, keep: 2 } });
  const start: StartRun = (out, steps) => {
    const settings = [`out=${out}`, `steps=${steps}`].flatMap((setting) => ['--set', setting]);
    const args = [cliPath, 'train', config, '--resume', '--backend', 'wasm', '--threads', '1', ...settings];
    return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const kills = [
    { lines: 4, milliseconds: 40 },
    { lines: 3, milliseconds: 15 },
  ];
  await survives(kills, folder, start);
});

test.run();
