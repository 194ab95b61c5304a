/** What is marked, as the model takes it. */
import type { ImageSize } from '../../../../model/preprocess/image.ts';
import type { Shape } from '../viewer/geometry.ts';
import { lassoMask } from '../viewer/lasso-mask.ts';
import type { Part } from './session.ts';

export function shapeToPart(shape: Shape, { width, height }: ImageSize): Part {
  return shape.kind === 'box' ? { box: shape.box } : { mask: lassoMask(shape.points, width, height) };
}
