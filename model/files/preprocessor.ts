// What preprocessor_config.json says: how an image file becomes the vision transformer's input.
// The fields are those of Hugging Face's CLIPImageProcessor.
import type { VisionConfig } from '../config.ts';
import type { Rgb } from './fields.ts';

export interface PreprocessorConfig {
  readonly image_processor_type: 'CLIPImageProcessor';
  readonly do_convert_rgb: true;
  readonly do_resize: true;
  /** The shorter side after resizing, pixels. */
  readonly size: { readonly shortest_edge: number };
  /** Pillow's number of the filter: 3 is bicubic. */
  readonly resample: 3;
  readonly do_center_crop: true;
  readonly crop_size: { readonly height: number; readonly width: number };
  readonly do_rescale: true;
  readonly rescale_factor: number;
  readonly do_normalize: true;
  readonly image_mean: Rgb;
  readonly image_std: Rgb;
}

export interface Normalization {
  readonly mean: Rgb;
  readonly std: Rgb;
}

/** Of OpenAI's CLIP, and of what OpenCLIP trains unless told otherwise. */
export const clipNormalization: Normalization = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

/** From [0, 1] to [−1, 1]: timm's ViTs of the augreg kind, OpenCLIP's L-14 laion2b_s32b. */
export const halfNormalization: Normalization = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

/** Of the weights that vision transformers of this form are usually published with. */
export function usualNormalization({ form }: VisionConfig): Normalization {
  return form === 'timm' ? halfNormalization : clipNormalization;
}

/** @param cropFraction the part of the shorter side that the centre crop keeps: 1 for CLIP, 0.9 for timm's ViTs */
export function preprocessorFor(
  { image_size }: VisionConfig,
  { mean, std }: Normalization,
  cropFraction = 1,
): PreprocessorConfig {
  return {
    image_processor_type: 'CLIPImageProcessor',
    do_convert_rgb: true,
    do_resize: true,
    size: { shortest_edge: Math.floor(image_size / cropFraction) },
    resample: 3,
    do_center_crop: true,
    crop_size: { height: image_size, width: image_size },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: mean,
    image_std: std,
  };
}
