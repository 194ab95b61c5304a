// A golden model: its configuration, parameters, batch and what the reference computes of them.
import * as assert from 'uvu/assert';
import { ropeFrequencies } from '../../dsl/index.ts';
import { configFromGolden, headWidth, type MmgemConfig } from '../../model/config.ts';
import { readAll } from '../../model/files/safetensors.ts';
import { openFile } from '../../targets/node/files.ts';
import { goldenPath } from '../support/repository.ts';

export type Values = Record<string, Float32Array | Int32Array>;

export interface GoldenModel {
  readonly config: MmgemConfig;
  /** With `rope.frequencies`, which follow from the configuration. */
  readonly parameters: Values;
  readonly batch: Values;
  readonly forward: Values;
  readonly losses: Readonly<Record<'stage1' | 'stage2_caption' | 'stage2_retrieval', Values>>;
}

export type GoldenName = 'tiny' | 'odd';

async function read(file: string): Promise<{ values: Values; metadata: ReadonlyMap<string, string> }> {
  const source = await openFile(goldenPath(`${file}.safetensors`));
  try {
    const { tensors, file: opened } = await readAll(source);
    return {
      values: Object.fromEntries([...tensors].map(([name, { data }]) => [name, data])),
      metadata: opened.metadata,
    };
  } finally {
    await source.close?.();
  }
}

export async function goldenModel(name: GoldenName): Promise<GoldenModel> {
  const { values, metadata } = await read(`${name}_params`);
  const config = configFromGolden(metadata);
  const { rope_theta } = config.language;
  const [batch, forward, stage1, stage2_caption, stage2_retrieval] = await Promise.all(
    ['batch', 'forward', 'stage1', 'stage2_caption', 'stage2_retrieval'].map(
      async (part) => (await read(`${name}_${part}`)).values,
    ),
  );
  return {
    config,
    parameters: { ...values, 'rope.frequencies': ropeFrequencies(headWidth(config.language), rope_theta) },
    batch: batch!,
    forward: forward!,
    losses: { stage1: stage1!, stage2_caption: stage2_caption!, stage2_retrieval: stage2_retrieval! },
  };
}

/** max |a − b| / (max |b| + 1e-6), as the golden files' tolerances are meant. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.is(actual.length, expected.length, 'number of elements');
  let [difference, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const off = Math.abs(actual[i]! - expected[i]!);
    difference = Number.isNaN(off) ? Number.NaN : Math.max(difference, off);
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return difference / (largest + 1e-6);
}

export function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string) {
  const error = relativeError(actual, expected);
  assert.ok(error <= tolerance, `${what}: error ${error}, tolerated ${tolerance}`);
}

/** Rows divided by their length. */
export function normalized(values: ArrayLike<number>, rows: number): Float32Array {
  const width = values.length / rows;
  const lengths = Array.from({ length: rows }, (_, row) =>
    Math.hypot(...Array.from({ length: width }, (_, i) => values[row * width + i]!)),
  );
  return Float32Array.from(values, (value, i) => value / lengths[Math.floor(i / width)]!);
}
