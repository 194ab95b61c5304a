/** What a model can be asked to run: the programs, each one graph, made when it is first needed. */
import {
  contract,
  dim,
  expand,
  type Graph,
  gather,
  input,
  l2Normalize,
  rename,
  slice,
  state,
  symbol,
  type Tensor,
  trace,
  update,
} from '../../dsl/index.ts';
import { afterCache, cacheStates, embedTokens, type HiddenStates, lastHidden, llmLayers, logits } from './llm.ts';
import { embedImage, embedRegion, embedRegionFeature, embedText, imagePrefix, regionPrefix } from './mmgem.ts';
import type { ModelGraph } from './model.ts';
import { boxCorners, maskPool, regionTokens } from './pool.ts';
import { h1, h4 } from './projections.ts';
import {
  candidates,
  draw,
  type Generable,
  greedy,
  type NextLogits,
  type Selection,
  withoutWithheld,
} from './selection.ts';
import { featureMap } from './vit.ts';

/** What the programs of generation depend on beyond the model. */
export interface GenerationShape {
  readonly generable: Generable;
  /** Candidates that a beam search asks for in each row. */
  readonly candidates: number;
}

type Build = (m: ModelGraph, generation: GenerationShape) => Graph;

// ---------------------------------------------------------------- states that programs hand on to each other

/** V of the images at hand, [B, N, C]. */
const features = ({ dims: { B, N, C } }: ModelGraph) => state('image.features', [B, N, C]);

/** What stands before the captions at hand, [rows, T, D]. */
const prefix = ({ dims: { B, T, D } }: ModelGraph) => state('caption.prefix', [B, T, D]);

// ---------------------------------------------------------------- embeddings

/** images [B, 3, Y, X] → `embedding` [B, E], normalised; V stays on the device. */
const imageFeatures: Build = (m) => {
  const { dims } = m;
  const written = update(features(m), featureMap(m, input('images', [dims.B, ...dims.image])));
  return trace('imageFeatures', { embedding: l2Normalize(embedImage(m, written), 'E') }, [written]);
};

/** ids [B, T], lengths [B] → `embedding` [B, E], normalised. */
const textEmbedding: Build = (m) => {
  const { B, T } = m.dims;
  const embedding = embedText(m, input('ids', [B, T], 'i32'), input('lengths', [B], 'i32'));
  return trace('textEmbedding', { embedding: l2Normalize(embedding, 'E') });
};

const boxesInput = (m: ModelGraph) => input('boxes', [m.dims.R, boxCorners]);

/** The feature under masks [R, N] of images [R]. */
const maskFeatures = (m: ModelGraph) => {
  const { R, N } = m.dims;
  return maskPool(features(m), input('masks', [R, N]), input('imageOf', [R], 'i32'));
};

/** boxes [R, 5] of the images at hand → `embedding` [R, E], normalised. */
const regionEmbedding: Build = (m) =>
  trace('regionEmbedding', { embedding: l2Normalize(embedRegion(m, features(m), boxesInput(m)), 'E') });

/** masks [R, N] of images imageOf [R] → `embedding` [R, E], normalised. */
const maskEmbedding: Build = (m) =>
  trace('maskEmbedding', { embedding: l2Normalize(embedRegionFeature(m, maskFeatures(m)), 'E') });

/**
 * Where in the image a text is: the cosine between the text's embedding and every patch's own box taken as a region, which is what h4
 * learns of. boxes [B, 5] are the whole images: pooled with one bin a patch they are those regions. texts [Q, E], normalised → `heat` [B, N, Q], from −1 to 1.
 */
const heatMap: Build = (m) => {
  const { B, N, E, Q, grid } = m.dims;
  const boxes = input('boxes', [dim('R', B.extent), boxCorners]);
  const regions = rename(rename(regionTokens(m.dims, features(m), boxes, grid), 'R', 'B'), 'bin', N.name);
  return trace('heatMap', { heat: contract(l2Normalize(h4(m, h1(m, regions)), 'E'), input('texts', [Q, E]), 'E') });
};

// ---------------------------------------------------------------- captions

/** Writes what stands before the captions into its state. */
function writePrefix(m: ModelGraph, name: string, value: Tensor): Graph {
  const target = state('caption.prefix', [...value.shape.slice(0, 2), m.dims.D]);
  return trace(name, {}, [update(target as Tensor, value)]);
}

const captionPrefix: Build = (m) =>
  writePrefix(m, 'captionPrefix', imagePrefix(m, embedImage(m, features(m))) as Tensor);

const regionCaptionPrefix: Build = (m) => {
  const tokens = regionTokens(m.dims, features(m), boxesInput(m), m.config.roi_grid);
  return writePrefix(m, 'regionCaptionPrefix', regionPrefix(m, tokens) as Tensor);
};

/** A mask's feature is the only token of its region. */
const maskCaptionPrefix: Build = (m) => {
  const feature = maskFeatures(m);
  const tokens = expand(feature, [feature.shape[0], dim('bin', 1), feature.shape[1]]);
  return writePrefix(m, 'maskCaptionPrefix', regionPrefix(m, tokens) as Tensor);
};

// ---------------------------------------------------------------- generation

/** Where the new tokens of a step come from. */
const sources = {
  /** The prefix at hand, at the beginning of the cache. */
  prefill: (m: ModelGraph): HiddenStates => prefix(m),
  /** ids [B, T]: several tokens at once. */
  prompt: (m: ModelGraph): HiddenStates => embedTokens(m, input('ids', [m.dims.B, m.dims.T], 'i32')),
  /** ids [B, 1]: the step that is repeated for every token. */
  decode: (m: ModelGraph): HiddenStates => embedTokens(m, input('ids', [m.dims.B, dim('T', 1)], 'i32')),
};

const selections: Readonly<Record<string, (scores: NextLogits, shape: GenerationShape) => Selection>> = {
  greedy,
  sample: draw,
  beam: (scores, shape) => candidates(scores, shape.candidates),
};

export type StepSource = keyof typeof sources;
export type Strategy = 'greedy' | 'sample' | 'beam';

/** New tokens behind P cached ones: their keys and values go into the cache, and the next token is chosen. */
function generationStep(source: StepSource, strategy: Strategy): Build {
  return (m, shape) => {
    const tokens = sources[source](m);
    const context = afterCache(m, tokens.shape[1]);
    const scores = logits(m, lastHidden(m, llmLayers(m, tokens, context)));
    const selected = selections[strategy]!(withoutWithheld(m, scores, shape.generable), shape);
    return trace(`${source}.${strategy}`, selected, context.updates);
  };
}

/**
 * The first P cached tokens of row i become those of row `from`[i]: how beams change places. The moved rows are outputs, which
 * nobody need read back: so they are stored before any row of the cache is overwritten.
 */
const reorderCache: Build = (m) => {
  const from = rename(input('from', [m.dims.B], 'i32'), 'B', 'row');
  const past = symbol('P');
  const layers = Array.from({ length: m.config.language.layers }, (_, layer) => layer);
  const caches = layers.flatMap((layer) => cacheStates(m, layer));
  const moved = caches.map((cache) => rename(gather(slice(cache, 'S', { end: past }), from, 'B'), 'row', 'B'));
  const updates = caches.map((cache, i) => update(cache, moved[i]!, { along: 'S' }));
  return trace('reorderCache', Object.fromEntries(moved.map((rows, i) => [`moved.${i}`, rows])), updates);
};

const programs = {
  imageFeatures,
  textEmbedding,
  regionEmbedding,
  maskEmbedding,
  heatMap,
  captionPrefix,
  regionCaptionPrefix,
  maskCaptionPrefix,
  'prefill.greedy': generationStep('prefill', 'greedy'),
  'prefill.sample': generationStep('prefill', 'sample'),
  'prefill.beam': generationStep('prefill', 'beam'),
  'prompt.greedy': generationStep('prompt', 'greedy'),
  'prompt.sample': generationStep('prompt', 'sample'),
  'prompt.beam': generationStep('prompt', 'beam'),
  'decode.greedy': generationStep('decode', 'greedy'),
  'decode.sample': generationStep('decode', 'sample'),
  'decode.beam': generationStep('decode', 'beam'),
  reorderCache,
} satisfies Readonly<Record<string, Build>>;

export type ProgramName = keyof typeof programs;
export const programNames = Object.keys(programs) as readonly ProgramName[];

/** The graph of a program. */
export function buildProgram(name: ProgramName, m: ModelGraph, generation: GenerationShape): Graph {
  return programs[name](m, generation);
}
