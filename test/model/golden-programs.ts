// The programs of a golden model on an engine.
import { modelGraph } from '../../model/graph/model.ts';
import type { Generable } from '../../model/graph/selection.ts';
import { type Limits, limitsOf, stateElements } from '../../model/session/limits.ts';
import { type GraphEngine, Programs } from '../../model/session/programs.ts';
import type { GoldenModel } from './golden-model.ts';

/** @param generable every token, unless told: the reference withholds none */
export function goldenPrograms(
  { config, parameters }: GoldenModel,
  engine: GraphEngine,
  limits: Partial<Limits>,
  generable: Generable = { below: config.language.vocab_size, except: [] },
): Programs {
  const { maxBatch, cacheTokens } = limitsOf(config, limits);
  return new Programs({
    name: 'golden',
    engine,
    model: modelGraph(config, { maxRows: maxBatch }),
    generable,
    weights: { read: async (name) => parameters[name] as Float32Array, close: async () => {} },
    states: stateElements(config, { maxBatch, cacheTokens }),
  });
}
