/** The vision transformer's first layer: a convolution whose stride is its kernel size, written as a product. */
import { type Dim, dim } from '../dim.ts';
import { fixedExtent } from '../extent.ts';
import { shapeError, type Tensor } from '../tensor.ts';
import { contract } from './contract.ts';
import { merge, permute, split } from './movement.ts';

/**
 * images [B, 3, Y, X], weight [W, 3, patch, patch] → [B, N, W], patches row by row.
 * @throws ShapeError when the patch does not divide the image.
 */
export function patchEmbed<B extends string, W extends string, N extends string>(
  images: Tensor<readonly [Dim<B>, Dim<'colour'>, Dim<'Y'>, Dim<'X'>]>,
  weight: Tensor<readonly [Dim<W>, Dim<'colour'>, Dim<'patchY'>, Dim<'patchX'>]>,
  into: N,
): Tensor<readonly [Dim<B>, Dim<N>, Dim<W>]> {
  const [, , height, width] = images.shape;
  const [, , patchY, patchX] = weight.shape;
  const [rows, columns] = [
    [height, patchY],
    [width, patchX],
  ].map(([whole, patch]) => fixedExtent(whole!.extent)! / fixedExtent(patch!.extent)!) as [number, number];
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) {
    throw shapeError('patchEmbed', { images, weight }, 'the patch does not divide the image; resize the image');
  }
  const inRows = split(images, 'Y', [dim('row', rows), patchY]);
  const patches = split(inRows, 'X', [dim('column', columns), patchX]);
  const ordered = permute(patches, [
    images.shape[0].name,
    'row',
    'column',
    'colour',
    'patchY',
    'patchX',
  ] as never) as Tensor;
  const embedded = contract(ordered, weight as Tensor, 'colour', 'patchY', 'patchX');
  return merge(embedded, ['row', 'column'], into) as unknown as Tensor<readonly [Dim<B>, Dim<N>, Dim<W>]>;
}
