/** From logits [B, V] to the next token: the ways to choose it, all on the device. */
import {
  and,
  argmax,
  constant,
  type Dim,
  equal,
  expand,
  gather,
  indices,
  input,
  less,
  logSoftmax,
  not,
  sample,
  type Tensor,
  topK,
  where,
} from '../../dsl/index.ts';
import type { ModelGraph } from './model.ts';

export type NextLogits = Tensor<readonly [Dim<'B'>, Dim<'V'>]>;

/** Which ids may be generated at all. */
export interface Generable {
  /** Ids from here on are no text. Rows that pad the vocabulary lie there. */
  readonly below: number;
  /** Ids that are never generated, [EMB] and [CAP] above all: an imported head has random rows for them. */
  readonly except: readonly number[];
}

/** Finite, as WGSL has no infinity; e^x of it is 0 beside any real score. */
const never = -1e30;

/**
 * The scores with those of tokens that may not come now put out of reach. The input `withheld` (i32) is one more such token,
 * which may differ from step to step: EOS until the shortest length is reached; −1 for none.
 */
export function withoutWithheld(m: ModelGraph, logits: NextLogits, { below, except }: Generable): NextLogits {
  const { V } = m.dims;
  const id = indices(V);
  const constants = except.filter((token) => token < below).map((token) => constant(token, 'i32'));
  const withheld = [...constants, input('withheld', [], 'i32')];
  const allowed = withheld.reduce((soFar, token) => and(soFar, not(equal(id, token))), less(id, below));
  return where(expand(allowed, logits.shape), logits, never);
}

export type Selection = Readonly<Record<string, Tensor>>;

/** The most likely token: `ids` [B]. */
export function greedy(logits: NextLogits): Selection {
  return { ids: argmax(logits, 'V') };
}

/**
 * A token drawn from softmax(logits / temperature), among the `topK` most likely (0: all) and the smallest set that reaches
 * the probability `topP`: `ids` [B]. The inputs `temperature`, `topK`, `topP` are numbers, `uniform` [B] is drawn by the host.
 */
export function draw(logits: NextLogits): Selection {
  const settings = {
    temperature: input('temperature', []),
    topK: input('topK', [], 'i32'),
    topP: input('topP', []),
    uniform: input('uniform', [logits.shape[0]]),
  };
  return { ids: sample<readonly [Dim<'B'>], 'V'>(logits, settings) };
}

/** The `count` most likely tokens and their log-probabilities: `ids`, `scores` [B, count]. */
export function candidates(logits: NextLogits, count: number): Selection {
  const logProbabilities = logSoftmax(logits, 'V');
  const ids = topK(logProbabilities, 'V', count, 'slot');
  return { ids, scores: gather(logProbabilities, ids, 'V') };
}
