// Random parameters. Each tensor has its own sequence of random numbers, given by the seed and the tensor's name, so a tensor
// is the same whichever others are made, and in whatever order.
import { gridSize, type MmgemConfig } from './config.ts';
import { parameterShapes } from './parameters.ts';
import { random, truncatedNormal } from './random.ts';

/** How a tensor begins: a constant, the identity matrix, waves over a grid, or truncated normal values of a standard deviation. */
type Start =
  | { readonly value: number }
  | { readonly identity: true }
  | { readonly gridSide: number }
  | { readonly deviation: number };

interface Rule {
  readonly names: RegExp;
  readonly start: (shape: readonly number[], config: MmgemConfig) => Start;
}

/** Elements per piece. */
const pieceElements = 2 ** 20;

const fanIn = (shape: readonly number[]): number => shape.slice(1).reduce((product, extent) => product * extent, 1);

/**
 * First match wins. Products keep the variance of what goes in, 1/√fan-in; those that write into the residual stream are
 * smaller by √(2·layers), so that its variance does not grow with depth (Radford et al. 2019); tables of vectors start at 0.02, but
 * for the places of patches: waves (Beyer et al. 2022, Better plain ViT baselines), by which attention tells places apart from the first step.
 */
const rules: readonly Rule[] = [
  { names: /^logit_scale$/, start: () => ({ value: Math.log(1 / 0.07) }) },
  { names: /^h4\.weight$/, start: () => ({ identity: true }) },
  { names: /bias$/, start: () => ({ value: 0 }) },
  { names: /^visual\.positional_embedding$/, start: (_, { vision }) => ({ gridSide: gridSize(vision) }) },
  { names: /(ln_(1|2|pre|post)|norm)\.weight$/, start: () => ({ value: 1 }) },
  { names: /(embedding|embed_tokens\.weight|lm_head\.weight|soft_prompts)$/, start: () => ({ deviation: 0.02 }) },
  {
    names: /^visual\..*(out_proj|c_proj)\.weight$/,
    start: (shape, { vision }) => ({ deviation: 1 / Math.sqrt(fanIn(shape) * 2 * vision.layers) }),
  },
  {
    names: /(o_proj|down_proj)\.weight$/,
    start: (shape, { language }) => ({ deviation: 1 / Math.sqrt(fanIn(shape) * 2 * language.layers) }),
  },
  { names: /weight$/, start: (shape) => ({ deviation: 1 / Math.sqrt(fanIn(shape)) }) },
];

export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** The elements in row-major order, in pieces that are made as they are taken. */
  readonly pieces: () => Generator<Float32Array, void>;
}

/** Every parameter of a model, none of them made before its pieces are taken. The same seed gives the same values. */
export function* initParameters(config: MmgemConfig, seed: number): Generator<Parameter, void> {
  for (const [name, shape] of parameterShapes(config)) {
    yield { name, shape, pieces: () => initPieces(name, shape, config, seed) };
  }
}

/**
 * One tensor as initParameters starts it; `name` decides how.
 * @param shape may differ from the parameter's, for instance to make two rows of a table
 */
export function initParameter(name: string, shape: readonly number[], config: MmgemConfig, seed: number): Float32Array {
  const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  let at = 0;
  for (const piece of initPieces(name, shape, config, seed)) {
    data.set(piece, at);
    at += piece.length;
  }
  return data;
}

function* initPieces(
  name: string,
  shape: readonly number[],
  config: MmgemConfig,
  seed: number,
): Generator<Float32Array, void> {
  const rule = rules.find(({ names }) => names.test(name));
  if (rule === undefined) throw new Error(`no rule says how ${name} starts`);
  const count = shape.reduce((product, extent) => product * extent, 1);
  const next = values(rule.start(shape, config), shape, name, seed);
  for (let at = 0; at < count; at += pieceElements) {
    const piece = new Float32Array(Math.min(pieceElements, count - at));
    for (let i = 0; i < piece.length; i++) piece[i] = next(at + i);
    yield piece;
  }
}

function values(start: Start, shape: readonly number[], name: string, seed: number): (index: number) => number {
  if ('value' in start) return () => start.value;
  if ('identity' in start) {
    const columns = shape[1] as number;
    return (index) => (Math.floor(index / columns) === index % columns ? 1 : 0);
  }
  if ('gridSide' in start) return (index) => wave(index, start.gridSide, shape[1] as number);
  const source = random(seed, name);
  return () => start.deviation * truncatedNormal(source);
}

/**
 * An element of the table [1 + side², width]: zeros for the class token; for a patch sines and cosines of its row in the first half, of
 * its column in the second, of wavelengths from 2π to 20,000π patches.
 */
function wave(index: number, side: number, width: number): number {
  const [token, channel] = [Math.floor(index / width) - 1, index % width];
  if (token < 0) return 0;
  const quarter = Math.ceil(width / 4);
  const [part, frequency] = [Math.floor(channel / quarter), channel % quarter];
  const place = part < 2 ? Math.floor(token / side) : token % side;
  const angle = place / 10000 ** (frequency / quarter);
  return part % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
}
