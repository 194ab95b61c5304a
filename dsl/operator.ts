/**
 * What an operator is: one record that holds its float64 meaning and its derivative. The function that models call stands
 * beside the record and holds its shape rule.
 */
import type { Sizes } from './extent.ts';
import type { Scalar } from './scalar.ts';
import type { Tensor } from './tensor.ts';

/** Reads an input of the operator at the given indices, one an input dimension. */
export type Reader = (input: number, indices: readonly Scalar[]) => Scalar;

/** From the gradient of a result to those of its inputs. */
export type Derivative = (gradient: Tensor, result: Tensor) => readonly (Tensor | undefined)[];

/** A tensor's elements, row-major. */
export type Values = Float64Array;

interface OperatorBase {
  readonly name: string;
  /**
   * Gradients of the inputs, given that of the result; undefined for an input that nothing flows into, as ids. An operator without
   * a derivative lets nothing flow into any of its inputs, or (`differentiable: false`) cannot be differentiated.
   */
  readonly derivative?: Derivative;
  /** Says that the operator has a slope that it cannot tell: a gradient that reaches it is an error. */
  readonly differentiable?: false;
}

/** A tensor given from outside: input, parameter or state. */
export interface SourceOperator extends OperatorBase {
  readonly kind: 'source';
}

/**
 * Every element of the result by itself, as an expression of the indices and of elements of the inputs: elementwise
 * functions, movement, gathers.
 */
export interface PointwiseOperator extends OperatorBase {
  readonly kind: 'pointwise';
  meaning(result: Tensor, indices: readonly Scalar[], read: Reader): Scalar;
  /**
   * `movement` only re-indexes its inputs, so that it is never worth storing; `arithmetic` reads its inputs at the element that it
   * makes; a `gather` reads them at places that data tell.
   */
  readonly cost: 'movement' | 'arithmetic' | 'gather';
  /** For movement that loses and repeats nothing: the result's indices of the input element at `indices`. */
  target?(result: Tensor, indices: readonly Scalar[]): readonly Scalar[];
}

/** Anything that combines many elements into one. The kernels know the kinds by name; the interpreter calls `interpret`. */
export interface CombiningOperator extends OperatorBase {
  readonly kind: 'reduce' | 'contract' | 'attention' | 'stream' | 'select' | 'update';
  interpret(result: Tensor, inputs: readonly Values[], sizes: Sizes): Values;
}

export type Operator = SourceOperator | PointwiseOperator | CombiningOperator;
