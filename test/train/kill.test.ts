import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { removeTemporaryFolders, temporaryFolder } from '../cli/support.ts';
import { survives } from './kills.ts';

const test = suite('kill −9');
test.after(removeTemporaryFolders);

test('25 kills lose no checkpoint, and the end is that of an undisturbed run to the bit', async () => {
  const halfWritten = await survives(25, await temporaryFolder());
  assert.ok(halfWritten > 0, 'no kill came while a checkpoint was being written');
});

test.run();
