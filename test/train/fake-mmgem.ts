/** Run as a program: `mmgem` with nothing but `train`, on the fakes. `FAKE_PAUSE` is what a step takes, in milliseconds. */
import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { trainCommand } from '../../targets/node/cli/commands/train.ts';
import { Run } from '../../targets/node/cli/session.ts';
import { fakeParts } from './fakes.ts';

const pause = Number(process.env.FAKE_PAUSE ?? 0);
const run = new Run(process);
const program = new Command('mmgem').option('--json').option('--debug');
trainCommand(async () => {
  const parts = fakeParts({ beforeStep: () => wait(pause) });
  return { ...parts, close: () => parts.trainer.close() };
})(program, run);
await program.parseAsync(process.argv);
process.exitCode = run.exitCode;
