import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { removeTemporaryFolders, temporaryFolder } from '../cli/support.ts';
import { randomKills, startFake, survives } from './kills.ts';

const test = suite('kill −9, many times');
test.after(removeTemporaryFolders);

test('200 kills lose no checkpoint, and the end is that of an undisturbed run to the bit', async () => {
  const halfWritten = await survives(randomKills(200), await temporaryFolder(), startFake);
  assert.ok(halfWritten > 0, 'no kill came while a checkpoint was being written');
});

test.run();
