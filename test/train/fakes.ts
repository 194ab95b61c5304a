// Stand-ins for the parts of a run: a small optimisation that is real, whose every step depends on all of its state.
import type { BrokenRecord } from '../../model/data/record.ts';
import { clipNormalization, preprocessorFor } from '../../model/files/preprocessor.ts';
import { random } from '../../model/random.ts';
import { parseRunConfig, type RunConfig } from '../../model/train/run-config.ts';
import type { BatchStream, Example, RunParts, StepResult, StoredTensor, Trainer } from '../../model/train/seam.ts';
import { smallConfig } from '../model/small-model.ts';

/** Points x [count, features] of a plane with noise, and their heights y [count]. */
export interface Points {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

const features = 64;
const population = 200;

/** What a test wants to be different in the result of a step. */
export type Sabotage = (step: number, result: StepResult) => StepResult;

export interface FakeOptions {
  readonly seed?: number;
  readonly sabotage?: Sabotage;
  /** Frozen tensors that are kept besides. */
  readonly frozen?: readonly StoredTensor[];
  /** What a test wants to happen before a step. */
  readonly beforeStep?: (step: number) => Promise<void> | void;
}

/** Linear regression by Adam in float32; its losses have two parts, as those of stage 1. */
export class FakeTrainer implements Trainer<Points> {
  readonly description = 'fake: linear regression';
  closed = false;
  readonly #state = new Map<string, Float32Array>();
  readonly #options: FakeOptions;

  constructor(options: FakeOptions = {}) {
    const { normal } = random(options.seed ?? 0, 'weights');
    this.#options = options;
    this.#state.set('weight', Float32Array.from({ length: features }, normal));
    for (const moment of ['m', 'v']) this.#state.set(`optimizer.${moment}/weight`, new Float32Array(features));
  }

  get weight(): Float32Array {
    return this.#state.get('weight')!;
  }

  async step({ x, y }: Points, { step, rateFactor }: { step: number; rateFactor: number }): Promise<StepResult> {
    await this.#options.beforeStep?.(step);
    const [weight, m, v] = ['weight', 'optimizer.m/weight', 'optimizer.v/weight'].map((name) => this.#state.get(name)!);
    const gradient = new Float32Array(features);
    let squares = 0;
    for (const [row, due] of y.entries()) {
      let error = -due;
      for (let i = 0; i < features; i++) error += weight![i]! * x[row * features + i]!;
      squares += error * error;
      for (let i = 0; i < features; i++) gradient[i]! += (2 * error * x[row * features + i]!) / y.length;
    }
    for (const [i, slope] of gradient.entries()) {
      m![i] = 0.9 * m![i]! + 0.1 * slope;
      v![i] = 0.98 * v![i]! + 0.02 * slope * slope;
      weight![i]! -= (0.05 * rateFactor * m![i]!) / (Math.sqrt(v![i]!) + 1e-6);
    }
    const gen = squares / y.length;
    const norm = Math.hypot(...gradient);
    const result = {
      losses: { total: gen + gen / 4, v2t: gen / 8, t2v: gen / 8, gen },
      gradientNorm: norm,
      gradientNorms: { weight: norm },
      temperature: 0.07,
    };
    return this.#options.sabotage?.(step, result) ?? result;
  }

  tensors(): StoredTensor[] {
    const own = [...this.#state].map(([name, data]) => ({ name, shape: [features], read: async () => data.slice() }));
    return [...own, ...(this.#options.frozen ?? [])];
  }

  async restore(tensors: ReadonlyMap<string, StoredTensor>): Promise<void> {
    for (const name of this.#state.keys()) this.#state.set(name, await tensors.get(name)!.read());
  }

  plan({ y }: Points): { peak: number } {
    return { peak: 4 * features * (y.length + 4) };
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

interface Place {
  readonly epoch: number;
  readonly next: number;
  readonly buffer: readonly number[];
  readonly random: number;
}

/** The same points again and again, drawn from a shuffle buffer. */
export class FakeBatches implements BatchStream<Points> {
  closed = false;
  #place: Place;
  readonly #size: number;

  constructor(size: number, place?: unknown) {
    this.#size = size;
    this.#place = (place as Place | undefined) ?? { epoch: 0, next: 0, buffer: [], random: 1 };
  }

  async next(): Promise<{ batch: Points; place: unknown; images: number; broken: readonly BrokenRecord[] }> {
    const batch = points(Array.from({ length: this.#size }, () => this.#draw()));
    return { batch, place: this.#place, images: this.#size, broken: [] };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #draw(): number {
    let { epoch, next, random: state } = this.#place;
    const buffer = [...this.#place.buffer];
    while (buffer.length < 16) {
      buffer.push(next++);
      if (next === population) [epoch, next] = [epoch + 1, 0];
    }
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const [drawn] = buffer.splice(state % buffer.length, 1);
    this.#place = { epoch, next, buffer, random: state };
    return drawn!;
  }
}

function points(rows: readonly number[]): Points {
  const x = new Float32Array(rows.length * features);
  const y = new Float32Array(rows.length);
  const truth = random(7, 'truth');
  const plane = Array.from({ length: features }, truth.normal);
  for (const [row, number] of rows.entries()) {
    const { normal } = random(number, 'point');
    let height = 0.3 * normal();
    for (let i = 0; i < features; i++) {
      x[row * features + i] = normal();
      height += x[row * features + i]! * plane[i]!;
    }
    y[row] = height;
  }
  return { x, y };
}

export interface FakeParts extends RunParts<Points> {
  readonly trainer: FakeTrainer;
  readonly streams: FakeBatches[];
}

export function fakeParts(options: FakeOptions = {}): FakeParts {
  const trainer = new FakeTrainer(options);
  const streams: FakeBatches[] = [];
  return {
    trainer,
    streams,
    async openBatches(place) {
      streams.push(new FakeBatches(8, place));
      return streams.at(-1)!;
    },
    async evaluate() {
      const size = Math.hypot(...trainer.weight);
      return { figures: { 't2i R@1': 1 - 1 / (1 + size), 'CIDEr-D': size }, examples: examples(size) };
    },
    model: { config: smallConfig, preprocessor: preprocessorFor(smallConfig.vision, clipNormalization) },
  };
}

const picture =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function examples(size: number): Example[] {
  return ['a', 'b'].map((name) => ({
    name,
    picture,
    truth: `the ${name}`,
    caption: `<${name}> of ${size.toFixed(3)}`,
  }));
}

/** A configuration whose fields may be changed before it is checked. */
export function fakeConfig(changes: Readonly<Record<string, unknown>> = {}): RunConfig {
  return parseRunConfig({ ...fakeConfigJson, ...changes }, 'test.json');
}

export const fakeConfigJson = {
  model: { config: 'nano' },
  data: { source: { format: 'scenes' } },
  batchSize: 8,
  steps: 60,
  schedule: { warmupSteps: 5 },
  checkpoint: { every: { steps: 10 }, keep: 2 },
  evaluation: { source: { format: 'scenes' }, every: { steps: 20 }, items: 2 },
  out: 'out',
};
