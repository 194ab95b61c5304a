/** How far a result may lie from a golden one, and how far it does. */

/** What computes: the printed kernels of a backend, or the interpreter in float64. */
export type BackendKind = 'wasm' | 'webgpu' | 'interpreter';

export type Quantity =
  | 'operatorValue'
  | 'operatorGradient'
  | 'modelForward'
  | 'modelLossOrGradient'
  | 'parametersAfterFiveSteps';

/**
 * Relative errors, see `relativeError`. Those of the backends are what float32 allows with any sound order of summation;
 * the interpreter's are the rounding of golden files and of results to float32.
 */
export const tolerances: Readonly<Record<BackendKind, Readonly<Record<Quantity, number>>>> = {
  interpreter: {
    operatorValue: 5e-7,
    operatorGradient: 5e-7,
    modelForward: 5e-7,
    modelLossOrGradient: 5e-7,
    parametersAfterFiveSteps: 5e-7,
  },
  wasm: {
    operatorValue: 2e-6,
    operatorGradient: 1e-5,
    modelForward: 5e-6,
    modelLossOrGradient: 5e-5,
    parametersAfterFiveSteps: 5e-4,
  },
  webgpu: {
    operatorValue: 1e-5,
    operatorGradient: 5e-5,
    modelForward: 2e-5,
    modelLossOrGradient: 2e-4,
    parametersAfterFiveSteps: 1e-3,
  },
};

/** max |a − b| / (max |b| + 1e-6). NaN when an element of either is, ∞ when one is infinite and the other is not. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, largest] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (x !== y) difference = Math.max(difference, Math.abs(x - y));
    if (Number.isFinite(y)) largest = Math.max(largest, Math.abs(y));
  }
  return difference / (largest + 1e-6);
}
