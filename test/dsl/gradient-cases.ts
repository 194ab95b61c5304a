// A row for every function that has a slope, under its name and what is special about the row.
import { attentions, rope, streams } from './gradient-cases/attention.ts';
import { elementwise } from './gradient-cases/elementwise.ts';
import { gathers, movement, roiAlign } from './gradient-cases/movement.ts';
import type { Rows } from './gradient-cases/shapes.ts';
import { norms, products, reductions } from './gradient-cases/sums.ts';

export const cases: Rows = {
  ...elementwise,
  ...reductions,
  ...norms,
  ...products,
  ...movement,
  ...gathers,
  ...roiAlign,
  ...attentions,
  ...streams,
  rope,
};

/** Exports of the dsl that make tensors through which nothing flows, or that nothing flows into. */
export const withoutSlope: readonly string[] = [
  ...['floor', 'ceil', 'not', 'toInt', 'less', 'lessEqual', 'equal', 'and', 'or'],
  ...['argmax', 'sample', 'topK', 'detach', 'update'],
  ...['constant', 'indices', 'input', 'parameter', 'size', 'state'],
];
