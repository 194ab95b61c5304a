// A run that is killed again and again, and what has to be true of it each time and in the end.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { random } from '../../model/random.ts';
import { checkpointSteps, openRunCheckpoint, type RunState } from '../../model/train/checkpoint.ts';
import { readMetrics } from '../../model/train/metrics.ts';
import { runFolder } from '../../targets/node/train/run-folder.ts';

const fakeRun = fileURLToPath(new URL('./fake-run.js', import.meta.url));
const endless = 1_000_000;

/** When a run is killed: so many milliseconds after it has printed so many lines. */
export interface Kill {
  readonly lines: number;
  readonly milliseconds: number;
}

/** Begins or resumes a run of so many steps in a folder. It prints lines on the one of its outputs that is a pipe. */
export type StartRun = (folder: string, steps: number) => ChildProcess;

/** Before a run has begun, then, or behind one of its first checkpoints, and some time later. */
export function randomKills(count: number): Kill[] {
  const { uniform } = random(count, 'kills');
  return Array.from({ length: count }, () => ({ lines: Math.floor(4 * uniform()), milliseconds: 60 * uniform() }));
}

/** The run of the fakes: it prints a line when it begins and with each checkpoint. */
export const startFake: StartRun = (folder, steps) =>
  spawn(process.execPath, [fakeRun, folder, String(steps)], { stdio: ['ignore', 'pipe', 'inherit'] });

/**
 * Kills a run again and again, and lets it end. Checks that no kill costs a checkpoint, and that files and metrics are in the
 * end those of a run that nobody disturbed.
 * @returns how many kills came while a checkpoint was being written
 */
export async function survives(kills: readonly Kill[], folder: string, start: StartRun): Promise<number> {
  const [disturbed, undisturbed] = [join(folder, 'disturbed'), join(folder, 'undisturbed')];
  let before: readonly number[] = [];
  let progressed = 0;
  let halfWritten = 0;
  for (const [i, kill] of kills.entries()) {
    await killed(start(disturbed, endless), kill);
    const steps = await intactCheckpoints(disturbed);
    const what = `after kill ${i + 1}: ${before} became ${steps}`;
    assert.ok((steps.at(-1) ?? 0) >= (before.at(-1) ?? 0) && steps.length >= Math.min(2, before.length), what);
    assert.ok(steps.length <= 3, what);
    if ((steps.at(-1) ?? 0) > (before.at(-1) ?? 0)) progressed++;
    if (await hasHalfWritten(disturbed)) halfWritten++;
    before = steps;
  }
  assert.ok(progressed > kills.length / 3, `only ${progressed} of ${kills.length} lives got as far as a checkpoint`);
  const end = before.at(-1)! + 9;
  await ended(start(disturbed, end));
  await ended(start(undisturbed, end));
  await assertSame(disturbed, undisturbed);
  assert.equal((await readdir(disturbed)).sort(), ['checkpoints', 'examples.json', 'metrics.jsonl', 'report.html']);
  return halfWritten;
}

/** The next run cleans up, so that what is there now is of the last kill. */
async function hasHalfWritten(folder: string): Promise<boolean> {
  const names = await readdir(join(folder, 'checkpoints')).catch(() => []);
  return names.some((name) => name.endsWith('.partial'));
}

async function killed(child: ChildProcess, { lines, milliseconds }: Kill): Promise<void> {
  const exit = once(child, 'exit');
  let printed = 0;
  (child.stdout ?? child.stderr)!.setEncoding('utf8').on('data', (text: string) => {
    printed += text.split('\n').length - 1;
    child.emit('printed');
  });
  while (printed < lines) await once(child, 'printed');
  await wait(milliseconds);
  child.kill('SIGKILL');
  assert.equal(await exit, [null, 'SIGKILL'], 'the run ended before it was killed');
}

async function ended(child: ChildProcess): Promise<void> {
  assert.equal(await once(child, 'exit'), [0, null]);
}

/** The steps of all checkpoints, each of which was verified byte by byte. */
async function intactCheckpoints(path: string): Promise<number[]> {
  const folder = runFolder(path);
  const steps = await checkpointSteps(folder);
  for (const step of steps) await (await openRunCheckpoint(folder, step)).close();
  return steps;
}

/** Everything but times is the same, to the bit. */
async function assertSame(one: string, other: string): Promise<void> {
  const timeless = async (path: string) =>
    (await readMetrics(runFolder(path))).map(({ seconds, imagesPerSecond, ...rest }) => rest);
  const metrics = await timeless(one);
  assert.equal(metrics, await timeless(other));
  assert.equal(
    metrics.map(({ step }) => step),
    metrics.map((_, i) => i + 1),
  );
  const names = await readdir(join(one, 'checkpoints'));
  assert.equal(names, await readdir(join(other, 'checkpoints')));
  for (const name of names) {
    for (const file of await readdir(join(one, 'checkpoints', name))) {
      const [a, b] = await Promise.all([one, other].map((path) => readFile(join(path, 'checkpoints', name, file))));
      if (file !== 'run.json') assert.ok(a!.equals(b!), `${name}/${file} differs`);
      else assert.equal(stateOf(a!), stateOf(b!));
    }
  }
}

/** Without times, and without where it lies. */
function stateOf(bytes: Buffer): unknown {
  const { state, files } = JSON.parse(bytes.toString('utf8')) as { state: RunState; files: unknown };
  return { ...state, seconds: 0, config: { ...state.config, out: '' }, files };
}
