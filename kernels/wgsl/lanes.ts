/** Working on four neighbouring values of an axis at a time: what becomes a vector, and when that is possible. */
import { type Extent, fixedExtent } from '../../dsl/extent.ts';
import {
  type Axis,
  dependsOn,
  type Linear,
  linearForm,
  operandsOf,
  type Scalar,
  strideOf,
  within,
} from '../../dsl/scalar.ts';
import { certainOf } from './certain.ts';

export interface LaneOptions {
  /** Whether the accumulator is a vector, too. */
  readonly accumulates?: boolean;
}

/** Indices stand for their first lane; values read along the axis, and all that is made of them, are vectors. */
export class Lanes {
  readonly axis: Axis;
  readonly #accumulates: boolean;
  readonly #known = new Map<string, boolean>();

  constructor(axis: Axis, options: LaneOptions = {}) {
    this.axis = axis;
    this.#accumulates = options.accumulates ?? false;
  }

  isVector(x: Scalar): boolean {
    const known = this.#known.get(x.key);
    if (known !== undefined) return known;
    const vector = this.#decide(x);
    this.#known.set(x.key, vector);
    return vector;
  }

  #decide(x: Scalar): boolean {
    switch (x.kind) {
      case 'accumulator':
        return this.#accumulates;
      case 'read':
        return dependsOn(x.offset, this.axis);
      case 'apply':
        return x.arguments.some((argument) => this.isVector(argument));
      case 'loop':
        return this.isVector(x.body);
      default:
        return false;
    }
  }
}

/** True when 4 divides the extent whatever its symbols stand for. */
function isMultipleOfFour(e: Extent): boolean {
  return e.terms.every(({ coefficient }) => coefficient % 4 === 0);
}

/** Whether elements at the offset lie one after the other along the axis, the first at a multiple of four. */
function movesByFours(offset: Scalar, axis: Axis): boolean {
  const stride = strideOf(offset, axis);
  if (!stride || fixedExtent(stride) !== 1) return false;
  const form: Linear = linearForm(offset);
  const others = form.terms.filter(({ atom }) => atom.key !== axis.key);
  return isMultipleOfFour(form.constant) && others.every(({ coefficient }) => isMultipleOfFour(coefficient));
}

/**
 * Whether these values, and writes at these offsets, can be worked out for four neighbouring values of the axis at once:
 * everything read along it, and every offset, moves by fours, and nothing else depends on the axis.
 */
export function fitsFourLanes(
  axis: Axis,
  values: readonly Scalar[],
  offsets: readonly Scalar[] = [],
  options: LaneOptions = {},
): boolean {
  if (!isMultipleOfFour(axis.extent) || !offsets.every((offset) => movesByFours(offset, axis))) return false;
  const lanes = new Lanes(axis, options);
  const certain = certainOf(values);
  const safe = new Map<string, boolean>();
  const fits = (x: Scalar): boolean => {
    const known = safe.get(x.key);
    if (known !== undefined) return known;
    const answer =
      fitsAlone(x, axis, lanes, certain) &&
      (x.kind === 'read' || operandsOf(x).every((y) => (x.kind === 'loop' && y === x.axis) || fits(y)));
    safe.set(x.key, answer);
    return answer;
  };
  return values.every(fits);
}

function fitsAlone(x: Scalar, axis: Axis, lanes: Lanes, certain: ReadonlySet<string>): boolean {
  switch (x.kind) {
    case 'axis':
      return x.key !== axis.key;
    case 'read':
      return !dependsOn(x.offset, axis) || movesByFours(x.offset, axis);
    case 'linear':
      // Index arithmetic is done for the first lane alone.
      return !x.terms.some((term) => lanes.isVector(term.atom));
    case 'loop':
      return !dependsOn(x.count, axis);
    case 'apply':
      if (x.name !== 'where' || !lanes.isVector(x.arguments[0]!)) return true;
      // Lanes go different ways, so that both sides are evaluated: whatever they read has to be readable in any case.
      return [...within(...x.arguments.slice(1))].every(
        (y) => (y.kind !== 'read' && y.kind !== 'loop') || certain.has(y.key),
      );
    default:
      return true;
  }
}
