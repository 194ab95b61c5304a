/** Run as a program: trains the fakes in a folder, to the end or until it is killed. Prints a line when it begins and with each checkpoint. */
import { train } from '../../model/train/run.ts';
import { runFolder } from '../../targets/node/train/run-folder.ts';
import { fakeConfig, fakeParts } from './fakes.ts';

const [folder, steps] = process.argv.slice(2) as [string, string];

/** Large enough that a kill finds a file half written now and then. */
const frozen = new Float32Array(50_000).fill(0.5);

const parts = fakeParts({
  frozen: [{ name: 'frozen', shape: [frozen.length], read: async () => frozen }],
});
const changes = {
  schedule: { kind: 'constant', warmupSteps: 5 },
  checkpoint: { every: { steps: 4 }, keep: 2 },
  evaluation: { source: { format: 'scenes' }, every: { steps: 7 }, items: 2 },
};
console.log('begins');
const onNote = (note: string): void => {
  if (/^step \d+: saved/.test(note)) console.log(note);
};
await train(fakeConfig({ steps: Number(steps), ...changes }), parts, runFolder(folder), { resume: true, onNote });
