/** Compares resized and cropped images with Pillow's. This runs on the host, whatever the backend. */
import { clipSettings, resizeAndCrop } from '../preprocess/preprocess.ts';
import { type GoldenFile, goldenTensor } from './golden-file.ts';
import { failedRow, type RowPlace, type VerifyRow } from './row.ts';

/** Levels of 255 that a value may be off by. */
const tolerance = 1;

/** A row an image: the largest difference, in levels of 255. */
export function* verifyResize(file: GoldenFile): Generator<VerifyRow, void> {
  const images = [...file.tensors.keys()].flatMap((name) => (name.endsWith('/image') ? [name.slice(0, -6)] : []));
  for (const image of images) {
    const place: RowPlace = { file: file.name, case: image, tensor: 'crop' };
    try {
      const error = largestDifference(file, image);
      yield { ...place, error, tolerance, ok: error <= tolerance };
    } catch (error) {
      yield failedRow(place, error);
    }
  }
}

function largestDifference(file: GoldenFile, image: string): number {
  const [original, golden] = [goldenTensor(file, `${image}/image`), goldenTensor(file, `${image}/crop`)];
  const [height = 0, width = 0] = original.shape;
  const crop = resizeAndCrop(
    { width, height, data: Uint8Array.from(original.data) },
    clipSettings(golden.shape[0] ?? 0),
  );
  if (crop.data.length !== golden.data.length) return Number.POSITIVE_INFINITY;
  return crop.data.reduce((largest, value, i) => Math.max(largest, Math.abs(value - golden.data[i]!)), 0);
}
