// Images for tests, light enough for threads to import.
import type { RgbImage } from '../../model/preprocess/image.ts';
import { random } from '../../model/random.ts';

/** Noise that a seed decides. */
export function noise(seed: number, width = 24, height = 20): RgbImage {
  const { integer } = random(seed, 'noise');
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => integer() & 255) };
}
