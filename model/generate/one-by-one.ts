// Greedy generation and sampling: one token a row each step, until each row has ended.
import { type Random, random } from '../random.ts';
import type { GenerationSettings } from './options.ts';
import type { Arrays, Beginning, Steps } from './steps.ts';

/** What stands for a row that has ended. */
export const ended = -1;

/**
 * Generates for all rows of a beginning.
 * @param firstRow number of the first row among all that were asked for: rows draw from sequences of their own
 * @returns for every step one id a row, `ended` for rows that have; EOS is not among them
 */
export async function* oneByOne(
  steps: Steps,
  beginning: Beginning,
  settings: GenerationSettings,
  eos: number,
  firstRow = 0,
): AsyncGenerator<Int32Array, void> {
  const { rows } = beginning;
  const sources = Array.from({ length: rows }, (_, row) => random(settings.seed, `sample ${firstRow + row}`));
  const alive = new Array<boolean>(rows).fill(true);
  let result: Arrays = {};
  let ids = new Int32Array(rows);
  for (let length = 0; length < settings.maxLength; length++) {
    settings.signal?.throwIfAborted();
    const selection = selectionInputs(settings, length, eos, sources);
    result = length === 0 ? await steps.begin(beginning, selection) : await steps.next(ids, selection);
    ids = result.ids as Int32Array<ArrayBuffer>;
    ids.forEach((id, row) => {
      if (id === eos) alive[row] = false;
    });
    if (!alive.includes(true)) return;
    yield ids.map((id, row) => (alive[row] ? id : ended));
  }
}

/** What the choice of the next token depends on; each draw of a row takes one number of its sequence. */
function selectionInputs(
  settings: GenerationSettings,
  length: number,
  eos: number,
  sources: readonly Random[],
): Arrays {
  const withheld = withheldToken(settings, length, eos);
  if (settings.strategy !== 'sample') return { withheld };
  return {
    withheld,
    temperature: Float32Array.of(settings.temperature),
    topK: Int32Array.of(settings.topK),
    topP: Float32Array.of(settings.topP),
    uniform: Float32Array.from(sources, below1),
  };
}

/** EOS as long as the text is shorter than it must be, else −1. */
export function withheldToken({ minLength }: GenerationSettings, length: number, eos: number): Int32Array {
  return Int32Array.of(length < minLength ? eos : -1);
}

/** A number in [0, 1) that stays below 1 as float32. */
function below1(source: Random): number {
  return Math.floor(source.uniform() * 2 ** 24) / 2 ** 24;
}
