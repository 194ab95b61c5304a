/** RoIAlign (He et al. 2017, Mask R-CNN), as torchvision.ops.roi_align computes it. */
import { type Dim, dim } from '../dim.ts';
import type { PointwiseOperator } from '../operator.ts';
import { apply, axis, constant, loop, type Scalar, whole } from '../scalar.ts';
import { makeTensor, shapeError, type Tensor } from '../tensor.ts';
import { contract } from './contract.ts';
import { toInt as dslToInt, equal, where } from './elementwise.ts';
import { expand, renameAll } from './movement.ts';
import { index } from './parts.ts';
import { constant as constantTensor, indices } from './sources.ts';

interface RoiAlignAttributes {
  readonly scale: number;
  readonly sampling: number;
  readonly aligned: boolean;
}

const add = (a: Scalar, b: Scalar): Scalar => apply('add', a, b);
const sub = (a: Scalar, b: Scalar): Scalar => apply('sub', a, b);
const mul = (a: Scalar, b: Scalar): Scalar => apply('mul', a, b);
const div = (a: Scalar, b: Scalar): Scalar => apply('div', a, b);
const toFloat = (x: Scalar): Scalar => apply('toFloat', x);
const toInt = (x: Scalar): Scalar => apply('toInt', x);

/** One direction of a bin: where its samples lie, and how many there are. */
interface BinAxis {
  /** The sample at position i of the bin, in pixels of the feature map. */
  readonly position: (i: Scalar) => Scalar;
  readonly samples: Scalar;
}

/** Bin `bin` of `bins` between two box edges, which are given in input coordinates. */
function binAxis(
  low: Scalar,
  high: Scalar,
  bin: Scalar,
  bins: Dim,
  { scale, sampling, aligned }: RoiAlignAttributes,
): BinAxis {
  const toMap = (edge: Scalar): Scalar => sub(mul(edge, constant(scale)), constant(aligned ? 0.5 : 0));
  const start = toMap(low);
  const length = sub(toMap(high), start);
  const extent = aligned ? length : apply('max', length, constant(1));
  const binLength = div(extent, toFloat(whole(bins.extent)));
  const samples = sampling > 0 ? whole(sampling) : toInt(apply('ceil', binLength));
  const first = add(start, mul(toFloat(bin), binLength));
  const position = (i: Scalar): Scalar =>
    add(first, div(mul(add(toFloat(i), constant(0.5)), binLength), toFloat(samples)));
  return { position, samples };
}

/** The two neighbours of a sample and their weights: beyond the last pixel the last one alone, above zero the first. */
function neighbours(position: Scalar, size: Dim): readonly { readonly index: Scalar; readonly weight: Scalar }[] {
  const last = apply('sub', whole(size.extent), whole(1));
  const clamped = apply('min', apply('max', position, constant(0)), toFloat(last));
  const low = toInt(clamped);
  const fraction = sub(clamped, toFloat(low));
  const high = apply('where', apply('less', low, last), apply('add', low, whole(1)), low);
  return [
    { index: low, weight: sub(constant(1), fraction) },
    { index: high, weight: fraction },
  ];
}

/** Samples further than one pixel outside the map count as zero. */
function isSampled(position: Scalar, size: Dim): Scalar {
  return apply(
    'and',
    apply('lessEqual', constant(-1), position),
    apply('lessEqual', position, toFloat(whole(size.extent))),
  );
}

const roiAlignOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'roiAlign',
  cost: 'gather',
  meaning: (result, [region, channel, row, column], read) => {
    const attributes = result.attributes as RoiAlignAttributes;
    const [height, width] = [result.inputs[0]!.shape[2]!, result.inputs[0]!.shape[3]!];
    const edge = (i: number): Scalar => read(1, [region!, whole(i)]);
    const image = toInt(edge(0));
    const vertical = binAxis(edge(2), edge(4), row!, result.shape[2]!, attributes);
    const horizontal = binAxis(edge(1), edge(3), column!, result.shape[3]!, attributes);
    const [i, j] = ['sampleRow', 'sampleColumn'].map((name) => axis(`${name}_${result.key.slice(0, 6)}`, 1 << 16)) as [
      ReturnType<typeof axis>,
      ReturnType<typeof axis>,
    ];
    const [y, x] = [vertical.position(i), horizontal.position(j)];
    const interpolated = neighbours(y, height)
      .flatMap((a) =>
        neighbours(x, width).map((b) => mul(mul(a.weight, b.weight), read(0, [image, channel!, a.index, b.index]))),
      )
      .reduce(add);
    const sample = apply('where', apply('and', isSampled(y, height), isSampled(x, width)), interpolated, constant(0));
    const total = loop('sum', i, vertical.samples, loop('sum', j, horizontal.samples, sample));
    const count = apply('max', toFloat(apply('mul', vertical.samples, horizontal.samples)), constant(1));
    return div(total, count);
  },
  // RoIAlign is linear in x and separable: W_rows · x · W_columnsᵀ for each region. Boxes are data, and have no gradient.
  derivative: (gradient, result) => {
    const [x, boxes] = result.inputs as [Tensor, Tensor];
    const [batch, , height, width] = x.shape as readonly [Dim, Dim, Dim, Dim];
    const [regions, , rows, columns] = result.shape as readonly [Dim, Dim, Dim, Dim];
    const attributes = result.attributes as RoiAlignAttributes;
    const region = dim('region', regions.extent);
    const weights = (low: 1 | 2, bins: Dim, pixels: Dim): Tensor =>
      makeTensor(
        binWeightsOperator,
        [boxes],
        { ...attributes, low } satisfies BinWeightsAttributes,
        [region, bins, pixels],
        'f32',
      );
    const [row, pixelRow] = [dim('row', rows.extent), dim('pixelRow', height.extent)];
    const [column, pixelColumn] = [dim('column', columns.extent), dim('pixelColumn', width.extent)];
    const ofBins = renameAll(gradient, ['region', 'channel', 'row', 'column']);
    const inRows = contract(ofBins, weights(2, row, pixelRow), 'row') as Tensor;
    const inPixels = contract(inRows, weights(1, column, pixelColumn), 'column') as Tensor;
    const image = dim('image', batch.extent);
    const imageOf = renameAll(dslToInt(index(boxes, boxes.shape[1]!.name, 0)), ['region']);
    const isOf = equal(expand(imageOf, [region, image]), indices(image));
    const ofImages = contract(where(isOf, 1, constantTensor(0)) as Tensor, inPixels, 'region') as Tensor;
    return [
      renameAll(
        ofImages,
        x.shape.map(({ name }) => name),
      ),
      undefined,
    ];
  },
};

interface BinWeightsAttributes extends RoiAlignAttributes {
  /** Which of a box's numbers is the lower edge: x1 or y1. */
  readonly low: 1 | 2;
}

/** How much each pixel of one direction counts in the mean of a bin's samples: boxes [R, 5] → [R, bin, pixel]. */
const binWeightsOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'binWeights',
  cost: 'gather',
  meaning: (result, [region, bin, pixel], read) => {
    const attributes = result.attributes as BinWeightsAttributes;
    const [, bins, size] = result.shape as readonly [Dim, Dim, Dim];
    const edge = (i: number): Scalar => read(0, [region!, whole(i)]);
    const { position, samples } = binAxis(edge(attributes.low), edge(attributes.low + 2), bin!, bins, attributes);
    const i = axis(`sample_${result.key.slice(0, 6)}`, 1 << 16);
    const ofPixel = neighbours(position(i), size)
      .map(({ index: at, weight }) => apply('where', apply('equal', at, pixel!), weight, constant(0)))
      .reduce(add);
    const total = loop('sum', i, samples, apply('where', isSampled(position(i), size), ofPixel, constant(0)));
    return div(total, apply('max', toFloat(samples), constant(1)));
  },
};

export interface RoiAlignOptions {
  /** Bins a side: the result is [R, C, rows, columns]. */
  readonly rows: Dim;
  readonly columns: Dim;
  /** From input coordinates to those of the feature map. */
  readonly scale?: number;
  /** Samples per bin and direction; 0 or less: as many as pixels fit, at least one. */
  readonly sampling?: number;
  /** Pixel centres lie at half coordinates (what Mask R-CNN's authors meant). */
  readonly aligned?: boolean;
}

/**
 * Means of bilinear samples in a grid of bins over each box. x [B, C, Y, X]; boxes [R, 5] = image index, x1, y1, x2, y2 in
 * input coordinates → [R, C, rows, columns]. Samples further than one pixel outside the map count as zero.
 */
export function roiAlign<C extends string, R extends string>(
  x: Tensor<readonly [Dim, Dim<C>, Dim, Dim]>,
  boxes: Tensor<readonly [Dim<R>, Dim]>,
  { rows, columns, scale = 1, sampling = 2, aligned = true }: RoiAlignOptions,
): Tensor<readonly [Dim<R>, Dim<C>, Dim, Dim]> {
  if (x.shape.length !== 4) throw shapeError('roiAlign', { x, boxes }, 'x needs [batch, channels, rows, columns]');
  if (boxes.shape.length !== 2 || boxes.shape[1].extent.key !== dim('box', 5).extent.key) {
    throw shapeError('roiAlign', { x, boxes }, 'boxes need five columns: image index, x1, y1, x2, y2');
  }
  const attributes: RoiAlignAttributes = { scale, sampling, aligned };
  return makeTensor(roiAlignOperator, [x, boxes], attributes, [boxes.shape[0], x.shape[1], rows, columns], 'f32');
}
