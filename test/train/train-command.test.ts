// `mmgem train` on the fakes: answers, settings, real signals, the bar, a full disk.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkpointSteps, openRunCheckpoint } from '../../model/train/checkpoint.ts';
import { readMetrics } from '../../model/train/metrics.ts';
import { trainCommand } from '../../targets/node/cli/commands/train.ts';
import { Run } from '../../targets/node/cli/session.ts';
import { runFolder } from '../../targets/node/train/run-folder.ts';
import { removeTemporaryFolders, temporaryFolder } from '../cli/support.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { type FakeOptions, fakeConfigJson, fakeParts } from './fakes.ts';

const test = suite('mmgem train');
test.after(removeTemporaryFolders);

const program = fileURLToPath(new URL('./fake-mmgem.js', import.meta.url));

/** A folder with a configuration, whose run is to be in it, in `out`. */
async function configured(changes: object = {}): Promise<{ config: string; out: string }> {
  const folder = await temporaryFolder();
  const config = join(folder, 'configs', 'run.json');
  await mkdir(join(folder, 'configs'));
  await writeFile(config, JSON.stringify({ ...fakeConfigJson, out: '../out', ...changes }));
  return { config, out: join(folder, 'out') };
}

interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `mmgem train` on the fakes in this process. */
async function mmgem(
  args: readonly string[],
  { fake = {}, terminal = {} }: { fake?: FakeOptions; terminal?: object } = {},
): Promise<Printed> {
  const stdout = new PassThrough();
  const stderr = Object.assign(new PassThrough(), terminal);
  const run = new Run({ stdout, stderr } as unknown as ConstructorParameters<typeof Run>[0]);
  const command = new Command('mmgem').option('--json').exitOverride();
  trainCommand(async () => {
    const parts = fakeParts(fake);
    return { ...parts, close: () => parts.trainer.close() };
  })(command, run);
  await command.parseAsync(['train', ...args], { from: 'user' });
  const text = (stream: PassThrough): string => String(stream.read() ?? '');
  return { code: run.exitCode, stdout: text(stdout), stderr: text(stderr) };
}

test('trains, says what came of it, and goes on', async () => {
  const { config, out } = await configured({ steps: 20 });
  const first = await mmgem([config]);
  assert.is(first.code, 0, first.stderr);
  assert.match(first.stdout, /^finished +step 20, 160 images in \S+$/m);
  assert.match(first.stdout, /^losses +total \d+/m);
  assert.match(first.stdout, /^evaluation +t2i R@1 0\.\d+, CIDEr-D/m);
  assert.match(first.stderr, 'fake: linear regression: 3.1 kB at the peak of a step');
  const report = await readFile(join(out, 'report.html'), 'utf8');
  assert.match(report, '<dt>backend</dt><dd>fake: linear regression</dd><dt>processor</dt>');
  assert.match(first.stderr, `step 10: saved ${join(out, 'checkpoints', 'step-00000010')}`);
  const again = await mmgem([config]);
  assert.equal([again.code, again.stdout], [1, '']);
  assert.match(again.stderr, 'Add --resume');
  const longer = await mmgem([config, '--resume', '--set', 'steps=25', '--json']);
  const answer = JSON.parse(longer.stdout);
  assert.equal([answer.out, answer.ended, answer.step], [out, 'finished', 25]);
  assert.is(answer.checkpoint, join(out, 'checkpoints', 'step-00000025'));
  assert.equal(Object.keys(answer.losses), ['total', 'v2t', 't2v', 'gen']);
});

test('settings go into the configuration before it is checked', async () => {
  const { config } = await configured();
  const settings = ['steps=12', 'seed=4', 'optimizer.name=adamw', 'temperature={"from":0.07,"to":0.02}', 'out=other'];
  const { code, stderr } = await mmgem([config, ...settings.flatMap((setting) => ['--set', setting])]);
  assert.is(code, 0, stderr);
  const { state, close } = await openRunCheckpoint(runFolder(join(dirname(config), 'other')), 12);
  await close();
  const { steps, seed, optimizer, data, temperature } = state.config;
  assert.equal([steps, seed, optimizer.name, data.seed], [12, 4, 'adamw', 4]);
  assert.equal(temperature, { from: 0.07, to: 0.02 });
  for (const [setting, said] of [
    ['optimizer.speed=3', `${config}: optimizer.speed is no field`],
    ['steps.most=3', '--set steps.most: most would lie in 60'],
  ] as const) {
    const refused = await mmgem([config, '--set', setting]);
    assert.is(refused.code, 1);
    assert.match(refused.stderr, said);
  }
});

test('a configuration that is not there or no JSON is named', async () => {
  const { config } = await configured();
  await writeFile(config, '{ "steps": }');
  assert.match((await mmgem([config])).stderr, `${config}: is not valid JSON`);
  assert.match((await mmgem([`${config}.bak`])).stderr, 'run.json.bak: does not exist');
});

/** Starts a run whose steps take a while, sends it signals behind its first checkpoint, and waits for its end. */
async function interrupted(config: string, signals: readonly NodeJS.Signals[], pause: number) {
  const child = spawn(process.execPath, [program, 'train', config, '--set', 'steps=100000'], {
    env: { ...process.env, FAKE_PAUSE: String(pause) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  let [stdout, stderr] = ['', ''];
  const heard = (text: string, what: string): boolean => what.includes(text);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const waiting = [': saved', 'press Ctrl-C again'];
  for (const [i, signal] of signals.entries()) {
    while (!heard(waiting[i]!, stderr)) await once(child.stderr, 'data');
    child.kill(signal);
  }
  const [code, killedBy] = await exit;
  return { code, killedBy, stdout, stderr };
}

test('Ctrl-C finishes the step, saves and ends; the run goes on from there', async () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const { config, out } = await configured();
    const { code, stdout, stderr } = await interrupted(config, [signal], 5);
    assert.is(code, 1, stderr);
    const step = Number(/^interrupted +step (\d+),/m.exec(stdout)?.[1]);
    assert.match(stdout, /^go on with +--resume$/m);
    assert.is((await checkpointSteps(runFolder(out))).at(-1), step);
    assert.is((await readMetrics(runFolder(out))).length, step);
    const rest = await mmgem([config, '--resume', '--set', `steps=${step + 3}`]);
    assert.match(rest.stdout, `finished    step ${step + 3}`);
  }
});

test('a second Ctrl-C ends the run at once, and costs no checkpoint', async () => {
  const { config, out } = await configured({ checkpoint: { every: { steps: 1 }, keep: 2 } });
  const { killedBy } = await interrupted(config, ['SIGINT', 'SIGINT'], 800);
  assert.is(killedBy, 'SIGINT');
  assert.equal(await checkpointSteps(runFolder(out)), [1]);
  const { code, stderr } = await mmgem([config, '--resume', '--set', 'steps=6']);
  assert.is(code, 0, stderr);
});

test('where a person watches, a bar shows loss, rate, pace and the time left', async () => {
  const { config } = await configured({ evaluation: undefined, checkpoint: { every: { steps: 1000 }, keep: 1 } });
  const terminal = { isTTY: true, columns: 200, cursorTo() {}, clearLine() {} };
  const { code, stderr } = await mmgem([config], { terminal, fake: { beforeStep: () => wait(5) } });
  assert.is(code, 0);
  assert.match(stderr, /training [█░]+ \d+% step \d+ · loss \d+\.\d{3} · rate \d\S* · [\d.e+]+ images\/s · \S+ left/);
});

test('a full disk ends the run; the last checkpoint is whole, and the run goes on when there is room', async () => {
  const { config, out } = await configured({ checkpoint: { every: { steps: 1 }, keep: 100 }, evaluation: undefined });
  await mkdir(out);
  const obstacle = mountSmallDisk(out, 256 * 1024);
  if (obstacle !== undefined) {
    console.warn(`SKIPPED train-command.test "a full disk": no small file system can be mounted here (${obstacle})`);
    return;
  }
  try {
    const full = await mmgem([config]);
    assert.is(full.code, 1);
    assert.match(full.stderr, /mmgem: .*out.*: no space left on the disk: .* free some space or choose another disk/);
    const steps = await checkpointSteps(runFolder(out));
    assert.ok(steps.length > 2 && steps.length < 60, `${steps}`);
    for (const step of steps) await (await openRunCheckpoint(runFolder(out), step)).close();
    const left = await readdir(join(out, 'checkpoints'));
    assert.is(left.length, steps.length, `something half written is left: ${left}`);
    const more = await mmgem([config, '--resume', '--set', 'checkpoint.keep=2', '--set', 'checkpoint.every.steps=10']);
    assert.is(more.code, 1, 'there is no room yet');
    execFileSync('mount', ['-o', 'remount,size=4m', out]);
    const roomy = await mmgem([config, '--resume', '--set', 'checkpoint.keep=2', '--json']);
    assert.is(roomy.code, 0, roomy.stderr);
    assert.is(JSON.parse(roomy.stdout).step, 60);
    assert.is((await readMetrics(runFolder(out))).length, 60);
    assert.match(await readFile(join(out, 'report.html'), 'utf8'), 'finished');
  } finally {
    execFileSync('umount', [out]);
  }
});

test.run();
