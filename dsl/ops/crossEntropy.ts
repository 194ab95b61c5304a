/** Cross-entropy of class indices. */
import { type Dim, formatDim, formatShape } from '../dim.ts';
import { shapeError, type Tensor } from '../tensor.ts';
import { div, equal, not, sub, toFloat, where } from './elementwise.ts';
import { expand } from './movement.ts';
import { logSumExp } from './normalise.ts';
import { sum } from './reduce.ts';
import { indices } from './sources.ts';

/** −ln softmax(logits)[target] for each row, 0 where the target is `ignore`: logits [..., V], targets [...] as i32 → [...]. */
export function crossEntropyRows<S extends readonly Dim[], V extends string>(
  logits: Tensor<readonly [...S, Dim<V>]>,
  targets: NoInfer<Tensor<readonly [...S]>>,
  ignore: number,
): Tensor<readonly [...S]> {
  const [x, target] = [logits as Tensor, targets as Tensor];
  const classes = x.shape.at(-1)!;
  const rows = x.shape.slice(0, -1);
  if (target.shape.length !== rows.length || target.shape.some((d, i) => formatDim(d) !== formatDim(rows[i]!))) {
    throw shapeError('crossEntropy', { logits: x, targets: target }, `targets must be ${formatShape(rows)}`);
  }
  const isTarget = equal(expand(indices(classes), x.shape), target);
  const picked: Tensor = sum(where(isTarget, x, 0), classes.name);
  return where(equal(target, ignore), 0, sub(logSumExp(x, classes.name), picked)) as unknown as Tensor<readonly [...S]>;
}

/** The mean of the rows whose target is not `ignore`; NaN when there is none, as in PyTorch. */
export function crossEntropy<S extends readonly Dim[], V extends string>(
  logits: Tensor<readonly [...S, Dim<V>]>,
  targets: NoInfer<Tensor<readonly [...S]>>,
  ignore = -100,
): Tensor<readonly []> {
  const rows = crossEntropyRows(logits, targets, ignore) as Tensor;
  const names = rows.shape.map((d) => d.name);
  const counted: Tensor = toFloat(not(equal(targets as Tensor, ignore)));
  return div(sum(rows, ...names), sum(counted, ...names)) as unknown as Tensor<readonly []>;
}
