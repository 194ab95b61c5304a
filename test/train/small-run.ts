// A run of the real parts that takes seconds: scenes of 16 pixels, a model of a layer on either side.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { MmgemConfig } from '../../model/config.ts';
import { openRunCheckpoint } from '../../model/train/checkpoint.ts';
import { readMetrics } from '../../model/train/metrics.ts';
import { type Outcome, type TrainOptions, train } from '../../model/train/run.ts';
import type { EngineOptions } from '../../targets/node/cli/engine-options.ts';
import { readConfigFile, type Setting } from '../../targets/node/train/config-file.ts';
import { openParts } from '../../targets/node/train/parts.ts';
import { runFolder } from '../../targets/node/train/run-folder.ts';
import { microConfig } from './micro-model.ts';

/** With the vocabulary of the packaged tokenizer. */
export const smallRunModel: MmgemConfig = {
  ...microConfig,
  vision: { ...microConfig.vision, image_size: 16 },
  language: { ...microConfig.language, vocab_size: 4096 },
  tokens: { bos: 1, eos: 2, emb: 4094, cap: 4095 },
  max_text_length: 50,
};

const scenes = { format: 'scenes' };

export const smallRun = {
  model: { config: smallRunModel, tokenizer: 'english-4k' },
  data: { source: scenes, longCaption: 0.3 },
  batchSize: 6,
  steps: 6,
  optimizer: { rate: 0.01, projectionRate: 0.01 },
  schedule: { kind: 'constant', warmupSteps: 2 },
  checkpoint: { every: { steps: 3 }, keep: 2 },
  evaluation: { source: scenes, every: { steps: 4 }, items: 5 },
  out: 'out',
};

/** Writes a configuration into a folder, which gets the run's own in it, `out`. */
export async function writeRun(folder: string, changes: object = {}): Promise<string> {
  const path = join(folder, 'run.json');
  await mkdir(folder, { recursive: true });
  await writeFile(path, JSON.stringify({ ...smallRun, ...changes }));
  return path;
}

export interface Ran extends Outcome {
  readonly notes: readonly string[];
}

interface RunOptions extends TrainOptions {
  readonly engine?: EngineOptions;
}

/** What `mmgem train` does, in this process, on one thread of wasm unless told. */
export async function run(
  path: string,
  { engine = { backend: 'wasm', threads: 1 }, ...options }: RunOptions = {},
  settings: readonly Setting[] = [],
): Promise<Ran> {
  const file = await readConfigFile(path, settings);
  const notes: string[] = [];
  const session = { progress: { report() {}, stop() {} }, note: (note: string) => void notes.push(note) };
  const parts = await openParts(file, engine, session);
  try {
    const outcome = await train(file.config, parts, runFolder(file.at(file.config.out)), {
      onNote: session.note,
      ...options,
    });
    return { ...outcome, notes };
  } finally {
    await parts.close();
  }
}

/** Runs up to a step, and ends there as Ctrl-C would. */
export async function runUntil(path: string, step: number, options: Pick<RunOptions, 'engine'> = {}): Promise<Ran> {
  const controller = new AbortController();
  return run(path, {
    ...options,
    signal: controller.signal,
    onStep: ({ line }) => {
      if (line.step === step) controller.abort();
    },
  });
}

/** The metrics of the run in a folder, without times. */
export async function metricsOf(folder: string) {
  const lines = await readMetrics(runFolder(join(folder, 'out')));
  return lines.map(({ seconds, imagesPerSecond, ...rest }) => rest);
}

export type Tensors = ReadonlyMap<string, Float32Array>;

/** The tensors of a checkpoint of the run in a folder. */
export async function tensorsOf(folder: string, step: number): Promise<Tensors> {
  const { tensors, close } = await openRunCheckpoint(runFolder(join(folder, 'out')), step);
  const values = new Map<string, Float32Array>();
  for (const [name, { read }] of tensors) values.set(name, await read());
  await close();
  return values;
}

export function assertSame(actual: Tensors, expected: Tensors): void {
  assert.equal([...actual.keys()], [...expected.keys()]);
  for (const [name, values] of expected) assert.ok(sameBits(actual.get(name)!, values), name);
}

export function sameBits(a: Float32Array, b: Float32Array): boolean {
  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);
  return bytes(a).equals(bytes(b));
}

/** @param tolerance of the difference, relative to the value, or to 1 where that is less */
export function assertClose(actual: number, expected: number, tolerance: number, what: string): void {
  const error = Math.abs(actual - expected) / (1 + Math.abs(expected));
  assert.ok(error <= tolerance, `${what} is ${actual}, not ${expected}`);
}

/** The parameters of two checkpoints, each tensor within a part of its largest value. */
export function assertParametersClose(actual: Tensors, expected: Tensors, tolerance: number): void {
  for (const [name, values] of expected) {
    if (name.startsWith('optimizer.')) continue;
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    const other = actual.get(name)!;
    for (const [i, value] of values.entries())
      assertClose(other[i]! / scale, value / scale, tolerance, `${name}[${i}]`);
  }
}
