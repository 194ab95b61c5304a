// What can be compiled before a model is loaded: its programs follow from its configuration and its tokenizer alone.
import type { Graph } from '../dsl/index.ts';
import type { MmgemConfig } from './config.ts';
import { candidatesFor } from './generate/beam.ts';
import { generationSettings } from './generate/options.ts';
import { buildProgram, programNames } from './graph/programs.ts';
import { generableTokens, graphOfModel } from './load.ts';
import { limitsOf } from './session/limits.ts';
import type { Tokenizer } from './tokenizer.ts';

/** The graphs of all programs of a model that is loaded and asked with default options. */
export function defaultGraphs(config: MmgemConfig, tokenizer: Tokenizer | undefined): readonly Graph[] {
  const model = graphOfModel(config, limitsOf(config, {}));
  const { beams } = generationSettings({ strategy: 'beam' }, config.max_text_length);
  const candidates = candidatesFor(beams, config.language.vocab_size);
  const generable = generableTokens(config, tokenizer);
  return programNames.map((name) => buildProgram(name, model, { generable, candidates }));
}
