// How an image becomes the vision transformer's input, as preprocessor_config.json says it.
import { MmgemError } from '../errors.ts';
import { booleanAt, fieldAt, numberAt, type Rgb, rgbAt } from '../files/fields.ts';
import { clipNormalization } from '../files/preprocessor.ts';

export interface PreprocessSettings {
  /** The shorter side after resizing, pixels. */
  readonly resize: number;
  /** The part that is cut out of the middle, pixels; no side is longer than `resize`. */
  readonly crop: { readonly height: number; readonly width: number };
  /** Subtracted from the channels, which run from 0 to 1. */
  readonly mean: Rgb;
  /** Divides the channels after the mean is subtracted. */
  readonly std: Rgb;
}

/** Largest side that is believed, pixels. */
const maxSide = 8192;
/** Pillow's number of the bicubic filter. */
const bicubic = 3;

/** Settings of a CLIP whose input is a square of `size` pixels. */
export function clipSettings(size = 224): PreprocessSettings {
  return { resize: size, crop: { height: size, width: size }, ...clipNormalization };
}

/**
 * Reads the fields of Hugging Face's CLIPImageProcessor: `size` (a number or `shortest_edge`), `crop_size` (a number or
 * `height` and `width`), `image_mean`, `image_std`. What is absent is as in CLIP: 224, 224, CLIP's mean and standard
 * deviation.
 * @throws MmgemError naming file and field when a value is unusable, or asks for another processing than CLIP's:
 * bicubic resize of the shorter side, centre crop, values from 0 to 1, normalisation
 */
export function parsePreprocessSettings(json: unknown, fileName: string): PreprocessSettings {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new MmgemError(
      `${fileName}: is no JSON object. Give the preprocessor_config.json that belongs to the model.`,
    );
  }
  checkSteps(json, fileName);
  const settings = {
    resize: readResize(json, fileName),
    crop: readCrop(json, fileName),
    mean: rgbAt(json, 'image_mean', fileName) ?? clipNormalization.mean,
    std: rgbAt(json, 'image_std', fileName) ?? clipNormalization.std,
  };
  if (settings.std.some((value) => value <= 0)) {
    throw new MmgemError(
      `${fileName}: image_std is ${JSON.stringify(settings.std)}; its values must be above 0. Correct it.`,
    );
  }
  checkCrop(settings, fileName);
  return settings;
}

function checkSteps(json: object, fileName: string): void {
  for (const field of ['do_resize', 'do_center_crop', 'do_rescale', 'do_normalize']) {
    if (booleanAt(json, field, fileName) === false) throw unsupported(fileName, field, false, 'true');
  }
  const resample = numberAt(json, 'resample', fileName) ?? bicubic;
  if (resample !== bicubic) throw unsupported(fileName, 'resample', resample, `${bicubic}, bicubic`);
  const factor = numberAt(json, 'rescale_factor', fileName) ?? 1 / 255;
  if (Math.abs(factor * 255 - 1) > 1e-6) throw unsupported(fileName, 'rescale_factor', factor, '1/255');
}

function readResize(json: object, fileName: string): number {
  const size = fieldAt(json, 'size');
  if (typeof size !== 'object') return side(size ?? 224, 'size', fileName);
  const shortest = fieldAt(json, 'size.shortest_edge');
  if (shortest === undefined) {
    throw unsupported(fileName, 'size', size, '{"shortest_edge": N} (to keep the aspect ratio)');
  }
  return side(shortest, 'size.shortest_edge', fileName);
}

function readCrop(json: object, fileName: string): PreprocessSettings['crop'] {
  const size = fieldAt(json, 'crop_size') ?? 224;
  if (typeof size !== 'object') {
    const both = side(size, 'crop_size', fileName);
    return { height: both, width: both };
  }
  return {
    height: side(fieldAt(size, 'height'), 'crop_size.height', fileName),
    width: side(fieldAt(size, 'width'), 'crop_size.width', fileName),
  };
}

function checkCrop({ resize, crop }: PreprocessSettings, fileName: string): void {
  if (Math.max(crop.height, crop.width) <= resize) return;
  throw new MmgemError(
    `${fileName}: crop_size ${crop.height}×${crop.width} (height × width) is larger than the resized image, whose shorter ` +
      `side is ${resize}. Make size.shortest_edge at least ${Math.max(crop.height, crop.width)}.`,
  );
}

function side(value: unknown, field: string, fileName: string): number {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= maxSide) return value as number;
  throw new MmgemError(
    `${fileName}: ${field} is ${JSON.stringify(value) ?? 'missing'}; it must be an integer from 1 to ${maxSide}, ` +
      'pixels. Correct it.',
  );
}

function unsupported(fileName: string, field: string, value: unknown, needs: string): MmgemError {
  return new MmgemError(
    `${fileName}: ${field} is ${JSON.stringify(value)}, but images are processed as in CLIP, where it is ${needs}. ` +
      'Use a vision model that was trained this way, or change the field knowing that its inputs change.',
  );
}
