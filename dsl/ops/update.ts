/** The only effect: a state tensor takes new elements, in place. */
import type { Shape } from '../dim.ts';
import { type Extent, type ExtentLike, equalExtents, evaluateExtent, extent, type Sizes } from '../extent.ts';
import type { CombiningOperator, Values } from '../operator.ts';
import { makeTensor, type Names, shapeError, type Tensor } from '../tensor.ts';
import { stridesOf } from './reduce.ts';

export interface UpdateAttributes {
  /** The dimension in which the value may be shorter than the state, and where it starts. */
  readonly axis: number;
  readonly start: Extent;
}

function interpretUpdate(result: Tensor, [before, value]: readonly Values[], sizes: Sizes): Values {
  const { axis, start } = result.attributes as UpdateAttributes;
  const lengths = (x: Tensor): number[] => x.shape.map((d) => evaluateExtent(d.extent, sizes));
  const [stateStrides, valueLengths] = [stridesOf(lengths(result)), lengths(result.inputs[1]!)];
  const valueStrides = stridesOf(valueLengths);
  const from = evaluateExtent(start, sizes) * (stateStrides[axis] ?? 0);
  const after = before!.slice();
  value!.forEach((element, flat) => {
    const at = valueStrides.reduce(
      (sum, stride, i) => sum + (Math.floor(flat / stride) % valueLengths[i]!) * stateStrides[i]!,
      from,
    );
    after[at] = element;
  });
  return after;
}

const updateOperator: CombiningOperator = {
  kind: 'update',
  name: 'update',
  interpret: interpretUpdate,
  differentiable: false,
};

/**
 * The state after `value` has been written into it, from `start` on along the dimension `along`; in the other dimensions
 * value and state are equal. What reads the result reads the new contents; the old ones are gone once it has run.
 */
export function update<S extends Shape>(
  state: Tensor<S>,
  value: Tensor<NoInfer<S>>,
  { along, start = 0 }: { readonly along?: Names<S>; readonly start?: ExtentLike } = {},
): Tensor<S> {
  if (state.operator.name !== 'state' && state.operator.kind !== 'update') {
    throw shapeError('update', { state }, `it is the result of ${state.operator.name}; only a state can be updated`);
  }
  const fits =
    state.shape.length === value.shape.length &&
    state.shape.every(
      ({ name, extent: n }, i) =>
        name === value.shape[i]!.name && (name === along || equalExtents(n, value.shape[i]!.extent)),
    );
  if (!fits)
    throw shapeError('update', { state, value }, `they may differ in the size of ${along ?? 'no dimension'} only`);
  const axis = along === undefined ? 0 : state.shape.findIndex((d) => d.name === along);
  const attributes: UpdateAttributes = { axis, start: extent(start) };
  return makeTensor(updateOperator, [state, value] as readonly Tensor[], attributes, state.shape, state.type);
}
