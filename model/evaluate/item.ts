// What is evaluated on: images with what is known of them. Where they come from is another's concern.
import type { Box } from '../preprocess/geometry.ts';

/** What is true and false of a text, told by who knows what the image shows. */
export interface Verdict {
  /** Whether the text can be understood, and every claim of it is true. */
  readonly right: boolean;
  /** How many claims it makes. */
  readonly claims: number;
  /** Those that are false, in words. */
  readonly wrong: readonly string[];
}

export interface EvaluationRegion {
  /** x1, y1, x2, y2 in fractions of the image. */
  readonly box: Box;
  readonly text: string;
}

/** @typeParam Image what the model's host decodes: a path, the bytes of a file, pixels, … */
export interface EvaluationItem<Image> {
  /** What reports call it. */
  readonly key: string;
  readonly image: Image;
  /** Short texts, each right for the whole image. */
  readonly captions: readonly string[];
  readonly longCaption?: string;
  /** Several regions with one box are one region with several right texts. */
  readonly regions?: readonly EvaluationRegion[];
  /** The class of the image, for zero-shot classification. */
  readonly label?: string;
  /** What is true of a caption of the image, where that is known. */
  readonly judge?: (caption: string) => Verdict;
  /** What is true of a caption of one of `regions`. */
  readonly judgeRegion?: (caption: string, region: EvaluationRegion) => Verdict;
}
