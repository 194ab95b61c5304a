/** What every part of the graph code starts from: the configuration, its dimensions, and where parameters come from. */
import { type Dim, dim, parameter, type StorageType, symbol, type Tensor } from '../../dsl/index.ts';
import { gridSize, headWidth, type MmgemConfig, mlpWidth } from '../config.ts';

/**
 * The dimensions of a configuration. Symbolic: B batch, T text tokens, R regions, Q queries of a heat map. Fixed: N image
 * patches, C vision width, D language width, E embedding width, V vocabulary; in both transformers H heads, K head width,
 * A = H · K, F feed-forward width; G key/value heads.
 */
export function dimsOf(config: MmgemConfig, maxRows?: number) {
  const { vision, language } = config;
  const grid = gridSize(vision);
  const rows = maxRows === undefined ? {} : { max: maxRows };
  return {
    B: dim('B', undefined, rows),
    R: dim('R', undefined, rows),
    T: dim('T'),
    Q: dim('Q'),
    grid,
    image: [dim('colour', 3), dim('Y', vision.image_size), dim('X', vision.image_size)] as const,
    patch: [dim('colour', 3), dim('patchY', vision.patch_size), dim('patchX', vision.patch_size)] as const,
    /** The patches alone; with the class token there is one more. */
    N: dim('N', grid ** 2),
    C: dim('C', vision.width),
    D: dim('D', language.hidden_size),
    E: dim('E', config.embedding_size),
    V: dim('V', language.vocab_size),
    vision: { H: dim('H', vision.heads), K: dim('K', vision.width / vision.heads), F: dim('F', mlpWidth(vision)) },
    language: {
      H: dim('H', language.heads),
      G: dim('G', language.kv_heads),
      K: dim('K', headWidth(language)),
      F: dim('F', language.intermediate_size),
    },
    /** Length of the key/value cache, given at every run. */
    capacity: dim('S', symbol('capacity')),
  };
}

export type Dims = ReturnType<typeof dimsOf>;

/** A model about to be written down as a graph. */
export interface ModelGraph {
  readonly config: MmgemConfig;
  readonly dims: Dims;
  /** A weight matrix (or tensor of more dimensions), named as in the checkpoint, in the model's storage type. */
  matrix<const S extends readonly Dim[]>(name: string, shape: S): Tensor<S>;
  /** A bias, scale or number, always float32. */
  vector<const S extends readonly Dim[]>(name: string, shape: S): Tensor<S>;
}

/** Makes the tensor that a name of the checkpoint stands for. */
export type ParameterSource = <const S extends readonly Dim[]>(
  name: string,
  shape: S,
  storage: StorageType,
) => Tensor<S>;

export interface ModelGraphOptions {
  /** What names stand for: parameters unless told. A program that trains has states for what it changes. */
  readonly source?: ParameterSource;
  /** How matrices are stored: `f32` unless told. */
  readonly storage?: Extract<StorageType, 'f32' | 'f16' | 'bf16'>;
  /** The largest batch that programs will be run with. */
  readonly maxRows?: number;
}

export function modelGraph(
  config: MmgemConfig,
  { storage = 'f32', maxRows, source = parameter }: ModelGraphOptions = {},
): ModelGraph {
  return {
    config,
    dims: dimsOf(config, maxRows),
    matrix: (name, shape) => source(name, shape, storage),
    vector: (name, shape) => source(name, shape, 'f32'),
  };
}
