/** What several ONNX models have in common. */
import type { OnnxGraph } from './onnx.ts';

/** x / √(mean x² + ε) · gain: operator set 17 has no operator for it. */
export function rmsNormOnnx(g: OnnxGraph, x: string, gain: string, epsilon: number): string {
  const mean = g.node('ReduceMean', [g.node('Mul', [x, x])], { axes: [-1] });
  const root = g.node('Sqrt', [g.node('Add', [mean, g.scalar(epsilon)])]);
  return g.node('Mul', [g.node('Div', [x, root]), gain]);
}

/** [tokens, tokens]: 0 where a query sees a key, −∞ beyond. */
export function causalMask(tokens: number): Float32Array {
  const mask = new Float32Array(tokens * tokens);
  for (let query = 0; query < tokens; query++)
    mask.fill(Number.NEGATIVE_INFINITY, query * tokens + query + 1, (query + 1) * tokens);
  return mask;
}
