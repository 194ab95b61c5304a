/** The runs behind model/RESULTS.md: what is trained, on what it is measured, and where that lies. Each is one command of mmgem. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Objective } from '../../model/train/run-config.ts';

export const objectives = ['embedding', 'caption', 'joint'] as const satisfies readonly Objective[];

/** What the paper calls them. */
export const titleOf: Readonly<Record<Objective, string>> = {
  embedding: 'CLIP-only',
  caption: 'Cap-only',
  joint: 'joint (MM-GEM)',
};

export interface Budget {
  /** Of each run, of `batchSize` pairs. */
  readonly steps: number;
  readonly seeds: readonly number[];
  /** Scenes that no training sees. */
  readonly items: number;
}

/** By suite and measure: `value.retrieval['text to image R@1']`. */
export type Figures = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Arm {
  readonly objective: Objective;
  readonly seed: number;
  readonly figures: Figures;
  /** What was measured on the way, by step. */
  readonly curve: readonly { readonly step: number; readonly figures: Readonly<Record<string, number>> }[];
}

const cli = 'dist/targets/node/cli/main.js';
const config = 'model/train/configs/claims.json';

/** Trains one arm, unless it is there already, and measures it. */
export async function runArm(folder: string, objective: Objective, seed: number, budget: Budget): Promise<Arm> {
  const out = join(folder, `${objective}-${seed}`);
  const measured = join(out, 'eval.json');
  if (!existsSync(measured)) {
    const settings = { objective, seed, steps: budget.steps, out: `../../../${out}` };
    const set = Object.entries(settings).flatMap(([field, value]) => ['--set', `${field}=${value}`]);
    await mmgem('train', config, '--backend', 'wasm', ...set, ...(existsSync(out) ? ['--resume'] : []));
    await evaluate(
      await newestCheckpoint(out),
      'bench/claims/singles.json',
      ['retrieval', 'captions'],
      budget.items,
      measured,
    );
  }
  return { objective, seed, figures: await figuresOf(measured), curve: await curveOf(join(out, 'metrics.jsonl')) };
}

/** Measures what a run has made on scenes of several objects, unless that is there already. */
export async function measureRun(run: string, items: number): Promise<Figures> {
  const measured = join(run, 'eval.json');
  const suites = ['retrieval', 'long', 'captions', 'regions', 'pointing', 'region-captions'];
  if (!existsSync(measured))
    await evaluate(await newestCheckpoint(run), 'bench/claims/scenes.json', suites, items, measured);
  return figuresOf(measured);
}

async function newestCheckpoint(run: string): Promise<string> {
  const checkpoints = join(run, 'checkpoints');
  const newest = (await readdir(checkpoints))
    .filter((name) => name.startsWith('step-'))
    .sort()
    .at(-1);
  if (newest === undefined) throw new Error(`${checkpoints} holds no checkpoint; train that run first`);
  return join(checkpoints, newest);
}

function evaluate(model: string, data: string, suites: readonly string[], items: number, out: string): Promise<void> {
  const limits = ['--limit', `${items}`, '--suites', suites.join(), '--batch', '50'];
  return mmgem('eval', '--model', model, '--data', data, ...limits, '--backend', 'wasm', '--out', out);
}

/** Runs the command line as a user does, and shows what it is. */
async function mmgem(...args: readonly string[]): Promise<void> {
  console.log(`\nmmgem ${args.join(' ')}`);
  const child = spawn(process.execPath, [cli, ...args], { stdio: 'inherit' });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`mmgem ${args[0]} ended with exit code ${code}`);
}

interface EvaluationFile {
  readonly suites: Readonly<
    Record<string, { readonly measures: Readonly<Record<string, { readonly value: number }>> }>
  >;
}

async function figuresOf(path: string): Promise<Figures> {
  const { suites } = JSON.parse(await readFile(path, 'utf8')) as EvaluationFile;
  const values = Object.entries(suites).map(([suite, { measures }]) => [
    suite,
    Object.fromEntries(Object.entries(measures).map(([name, { value }]) => [name, value])),
  ]);
  return Object.fromEntries(values);
}

interface MetricsLine {
  readonly step: number;
  readonly evaluation?: { readonly figures: Readonly<Record<string, number>> };
}

async function curveOf(path: string): Promise<Arm['curve']> {
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  return lines.flatMap((line) => {
    const { step, evaluation } = JSON.parse(line) as MetricsLine;
    return evaluation ? [{ step, figures: evaluation.figures }] : [];
  });
}
