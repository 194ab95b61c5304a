// A public vision transformer, seen under MM-GEM's names: which format it is, its sizes, its tensors.
import { type Activation, gridSize, type VisionConfig } from '../config.ts';
import { MmgemError } from '../errors.ts';
import { visionShapes } from '../parameters.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type MappedTensor, type Mapping, mappedTensor } from './mapped-tensor.ts';
import { resizePositions } from './positions.ts';
import { type PreprocessorConfig, preprocessorFor } from './preprocessor.ts';
import type { FileStore } from './source.ts';
import { describeVision, type VisionDescription } from './vision-description.ts';
import { detectVisionFormat, presentStem, type VisionFormat, type VisionFormatName } from './vision-formats.ts';

export interface VisionSettings {
  /** Side of the input, pixels; the positions are resized when it is not the checkpoint's. */
  readonly imageSize?: number | undefined;
  /** Wins over what the files say. OpenAI's weights need quick_gelu. */
  readonly activation?: Activation | undefined;
  /** Wins over what the files say; otherwise width / 64. */
  readonly heads?: number | undefined;
}

/** Class scores are `weight · x + bias` of the class token after ln_post. */
export interface ClassifierHead {
  /** [classes, width] */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface VisionWeights {
  readonly format: VisionFormatName;
  readonly config: VisionConfig;
  readonly preprocessor: PreprocessorConfig;
  /** `visual.*`, complete. */
  readonly tensors: readonly MappedTensor[];
  /** Names in the checkpoint that have no place in MM-GEM. */
  readonly leftOut: readonly string[];
  /** E of the checkpoint's own projection, where it has one. */
  readonly projectionSize: number | undefined;
  /** The classifier of a timm model, which is none of MM-GEM's parts. */
  readonly head: (() => Promise<ClassifierHead>) | undefined;
  /** What was decided without being asked, for the user to see. */
  readonly notes: readonly string[];
}

/**
 * Looks at the tensors' names and shapes; data is read when a tensor's turn comes.
 * @param store where the checkpoint lies, for the descriptions beside it
 * @throws MmgemError for an unknown format, missing, misshapen or unknown tensors, sizes that do not fit
 */
export async function openVisionWeights(
  checkpoint: Checkpoint,
  store: FileStore,
  settings: VisionSettings = {},
): Promise<VisionWeights> {
  const detected = detectVisionFormat(checkpoint);
  if (detected === undefined) {
    throw new MmgemError(
      `${checkpoint.name}: is no vision transformer of OpenCLIP (visual.*), Hugging Face CLIP (vision_model.*) or timm (blocks.*): ` +
        `it begins with ${checkpoint.names().slice(0, 3).join(', ')}. Give vision weights of one of these.`,
    );
  }
  const { format, prefix } = detected;
  const { description, notes } = await describeVision(store, format.name);
  const { mappings, leftOut } = mapNames(checkpoint, format, prefix);
  const own = inferConfig(checkpoint, format, mappings, description, settings);
  const config = { ...own, image_size: settings.imageSize ?? own.image_size };
  if (!Number.isInteger(gridSize(config)) || gridSize(config) < 1) {
    throw new MmgemError(
      `image size ${config.image_size} is no multiple of the patch size ${config.patch_size}. Choose one.`,
    );
  }
  const shapes = visionShapes(own);
  const tensors = mappings.map((mapping) =>
    resized(mappedTensor(checkpoint, mapping, shapes.get(mapping.name) as number[]), own, config),
  );
  const projection = [`${prefix}proj`, 'visual_projection.weight'].find((name) => checkpoint.has(name));
  const { defaults } = format;
  return {
    format: format.name,
    config,
    preprocessor: preprocessorFor(
      config,
      description.normalization ?? defaults.normalization,
      description.cropFraction ?? defaults.cropFraction,
    ),
    tensors,
    leftOut,
    projectionSize: projection === undefined ? undefined : projectionWidth(checkpoint.shape(projection), projection),
    head: checkpoint.has(`${prefix}head.weight`) ? () => readHead(checkpoint, prefix) : undefined,
    notes: [
      `vision: ${format.name} format, activation ${config.activation}, ${config.heads} heads, layer norm eps ${config.layer_norm_eps}`,
      ...notes,
      ...(own.image_size === config.image_size
        ? []
        : [`vision: positions resized from ${own.image_size} to ${config.image_size} pixels`]),
    ],
  };
}

/** Our names to theirs; whatever the tower has beyond that is known to be useless, or an error. */
function mapNames(
  checkpoint: Checkpoint,
  format: VisionFormat,
  prefix: string,
): { mappings: Mapping[]; leftOut: string[] } {
  const layers = countLayers(checkpoint, prefix + format.blocks);
  const mappings: Mapping[] = presentStem(checkpoint, format, prefix).map(([ours, ...theirs]) => ({
    name: `visual.${ours}`,
    sources: theirs.map((name) => prefix + name),
  }));
  for (let i = 0; i < layers; i++) {
    for (const [ours, ...theirs] of format.block) {
      const sources = theirs.map((name) => `${prefix}${format.blocks}${i}.${name}`);
      mappings.push({ name: `visual.transformer.resblocks.${i}.${ours}`, sources });
    }
  }
  const used = new Set(mappings.flatMap(({ sources }) => sources));
  const missing = [...used].filter((name) => !checkpoint.has(name));
  if (missing.length > 0) {
    throw new MmgemError(
      `${checkpoint.name}: lacks ${missing.length} tensors of a ${format.name} vision transformer: ${missing.join(', ')}. ` +
        'Get the complete checkpoint.',
    );
  }
  const leftOut = checkpoint.names().filter((name) => !used.has(name));
  const unknown = leftOut.filter((name) => name.startsWith(prefix) && !format.unused.test(name.slice(prefix.length)));
  if (unknown.length > 0) {
    throw new MmgemError(
      `${checkpoint.name}: ${unknown.length} tensors of its vision tower have no place in MM-GEM's: ${unknown.join(', ')}. ` +
        'This variant of the vision transformer is not supported; give a plain one.',
    );
  }
  return { mappings, leftOut };
}

function countLayers(checkpoint: Checkpoint, blocks: string): number {
  const numbers = checkpoint
    .names()
    .filter((name) => name.startsWith(blocks))
    .map((name) => Number.parseInt(name.slice(blocks.length), 10));
  return numbers.reduce((most, number) => Math.max(most, number + 1), 0);
}

function inferConfig(
  checkpoint: Checkpoint,
  format: VisionFormat,
  mappings: readonly Mapping[],
  description: VisionDescription,
  settings: VisionSettings,
): VisionConfig {
  const sourceOf = (ours: string) => mappings.find(({ name }) => name === `visual.${ours}`)?.sources[0];
  const shapeOf = (ours: string): readonly number[] => {
    const source = sourceOf(ours);
    if (source === undefined) throw new MmgemError(`${checkpoint.name}: has no blocks of a vision transformer.`);
    return checkpoint.shape(source);
  };
  const [width = 0, channels, patch_size = 0, patchWidth] = shapeOf('conv1.weight');
  if (channels !== 3 || patch_size !== patchWidth) {
    throw new MmgemError(
      `${checkpoint.name}: ${sourceOf('conv1.weight')} is [${shapeOf('conv1.weight')}], not [width, 3, patch, patch]. ` +
        'Give a transformer on square patches of RGB images.',
    );
  }
  const positions = shapeOf('positional_embedding').at(-2) ?? 0;
  const grid = Math.sqrt(positions - 1);
  if (!Number.isInteger(grid) || grid < 1) {
    throw new MmgemError(
      `${checkpoint.name}: ${sourceOf('positional_embedding')} has ${positions} positions, not 1 + a square. ` +
        'Give a transformer with a class token and a square image.',
    );
  }
  const heads = settings.heads ?? description.heads ?? width / (description.headWidth ?? 64);
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
    throw new MmgemError(
      `${checkpoint.name}: width ${width} does not divide into ${heads} heads. Say how many heads there are.`,
    );
  }
  const pre_norm = sourceOf('ln_pre.weight') !== undefined;
  return {
    image_size: patch_size * grid,
    patch_size,
    width,
    layers: mappings.filter(({ name }) => name.endsWith('.mlp.c_fc.weight')).length,
    heads,
    mlp_ratio: (shapeOf('transformer.resblocks.0.mlp.c_fc.weight')[0] ?? 0) / width,
    activation: settings.activation ?? description.activation ?? format.defaults.activation,
    form: format.form,
    layer_norm_eps: description.layerNormEps ?? format.defaults.layerNormEps(pre_norm),
    pre_norm,
    patch_bias: sourceOf('conv1.bias') !== undefined,
  };
}

function resized(tensor: MappedTensor, own: VisionConfig, wanted: VisionConfig): MappedTensor {
  if (tensor.name !== 'visual.positional_embedding' || own.image_size === wanted.image_size) return tensor;
  const shape = [gridSize(wanted) ** 2 + 1, own.width];
  const read = async () => resizePositions(await tensor.read(), gridSize(own), gridSize(wanted), own.width);
  const data = async function* () {
    yield await read();
  };
  return { ...tensor, shape, data, read };
}

/** OpenCLIP's `proj` is [W, E], Hugging Face's `visual_projection.weight` [E, W]. */
function projectionWidth(shape: readonly number[], name: string): number | undefined {
  return name.endsWith('proj') ? shape[1] : shape[0];
}

async function readHead(checkpoint: Checkpoint, prefix: string): Promise<ClassifierHead> {
  return { weight: await checkpoint.read(`${prefix}head.weight`), bias: await checkpoint.read(`${prefix}head.bias`) };
}
