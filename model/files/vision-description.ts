// What the files beside vision weights say about them that no tensor's shape tells.
import type { Activation } from '../config.ts';
import { MmgemError } from '../errors.ts';
import { booleanAt, fieldAt, numberAt, rgbAt, stringAt } from './fields.ts';
import type { Normalization } from './preprocessor.ts';
import { type FileStore, readJson } from './source.ts';
import type { VisionFormatName } from './vision-formats.ts';

export interface VisionDescription {
  readonly heads?: number | undefined;
  readonly headWidth?: number | undefined;
  readonly activation?: Activation | undefined;
  readonly layerNormEps?: number | undefined;
  readonly normalization?: Normalization | undefined;
  readonly cropFraction?: number | undefined;
}

interface Reader {
  readonly file: string;
  readonly formats: readonly VisionFormatName[];
  /** The file is of the kind that is read here, and not for instance a language model's. */
  readonly applies: (json: unknown) => boolean;
  readonly read: (json: unknown, fileName: string) => VisionDescription;
}

/** Earlier readers win, field by field. */
const readers: readonly Reader[] = [
  {
    file: 'open_clip_config.json',
    formats: ['openclip', 'timm'],
    applies: (json) => fieldAt(json, 'model_cfg') !== undefined,
    read: (json, name) => ({
      headWidth: numberAt(json, 'model_cfg.vision_cfg.head_width', name),
      activation: booleanAt(json, 'model_cfg.quick_gelu', name) ? 'quick_gelu' : 'gelu',
      normalization: normalizationAt(json, 'preprocess_cfg.mean', 'preprocess_cfg.std', name),
    }),
  },
  {
    file: 'config.json',
    formats: ['huggingface'],
    applies: (json) => ['clip', 'clip_vision_model'].includes(String(fieldAt(json, 'model_type'))),
    read: (json, name) => {
      const at = fieldAt(json, 'vision_config') === undefined ? '' : 'vision_config.';
      return {
        heads: numberAt(json, `${at}num_attention_heads`, name),
        activation: huggingfaceActivation(stringAt(json, `${at}hidden_act`, name), name),
        layerNormEps: numberAt(json, `${at}layer_norm_eps`, name),
      };
    },
  },
  {
    file: 'preprocessor_config.json',
    formats: ['huggingface', 'openclip'],
    applies: (json) => fieldAt(json, 'image_mean') !== undefined,
    read: (json, name) => ({ normalization: normalizationAt(json, 'image_mean', 'image_std', name) }),
  },
  {
    file: 'config.json',
    formats: ['timm'],
    applies: (json) => fieldAt(json, 'pretrained_cfg') !== undefined,
    read: (json, name) => ({
      activation: stringAt(json, 'architecture', name)?.includes('quickgelu') ? 'quick_gelu' : 'gelu',
      normalization: normalizationAt(json, 'pretrained_cfg.mean', 'pretrained_cfg.std', name),
      cropFraction: numberAt(json, 'pretrained_cfg.crop_pct', name),
    }),
  },
];

/**
 * Reads whichever of the known files lie beside the weights.
 * @returns the description, and a note for each file that was read
 */
export async function describeVision(
  store: FileStore,
  format: VisionFormatName,
): Promise<{ description: VisionDescription; notes: string[] }> {
  let description: VisionDescription = {};
  const notes: string[] = [];
  for (const { file, formats, applies, read } of readers) {
    if (!formats.includes(format) || !(await store.exists(file))) continue;
    const json = await readJson(store, file);
    if (!applies(json)) continue;
    const found = defined(read(json, `${store.name}/${file}`));
    description = { ...found, ...description };
    notes.push(`vision: ${Object.keys(found).join(', ') || 'nothing'} read from ${file}`);
  }
  return { description, notes };
}

function defined(description: VisionDescription): VisionDescription {
  return Object.fromEntries(Object.entries(description).filter(([, value]) => value !== undefined));
}

function normalizationAt(json: unknown, mean: string, std: string, name: string): Normalization | undefined {
  const found = { mean: rgbAt(json, mean, name), std: rgbAt(json, std, name) };
  return found.mean !== undefined && found.std !== undefined ? { mean: found.mean, std: found.std } : undefined;
}

/** Absent, it is the default of Hugging Face's CLIPVisionConfig. */
function huggingfaceActivation(value: string | undefined, name: string): Activation {
  if (value === undefined || value === 'quick_gelu') return 'quick_gelu';
  if (value === 'gelu') return 'gelu';
  throw new MmgemError(`${name}: hidden_act is ${JSON.stringify(value)}; only gelu and quick_gelu are supported.`);
}
