/** What both attention bodies share: operands by fours with zeros beyond their widths, and how many keys a query sees. */
import { fixedExtent } from '../../../dsl/extent.ts';
import { type Axis, accumulator, apply, type Scalar, whole } from '../../../dsl/scalar.ts';
import type { AttentionKernel } from '../../ir.ts';
import { atom } from '../code.ts';
import {
  type Coordinate,
  fourFunction,
  reachesBeyond,
  readsByFours,
  storeFunction,
  writesByFours,
} from '../loaders.ts';
import type { Shader } from '../shader.ts';

/** Fours that the width takes, the last one filled up with zeros; undefined when it is symbolic. */
export function foursOf({ extent }: Axis): number | undefined {
  const fixed = fixedExtent(extent);
  return fixed === undefined ? undefined : Math.ceil(fixed / 4);
}

/** Declares queryAt, keyAt, valueAt (coordinates) -> vec4<f32>, visibleKeys(batch, query) -> i32 and store(…, sums). */
export function defineOperands(shader: Shader, kernel: AttentionKernel): void {
  const { batch, head, query, key, width, valueWidth, q, k, v, writes } = kernel;
  const around: readonly Coordinate[] = [
    { axis: batch, name: 'batch', beyond: false },
    { axis: head, name: 'head', beyond: false },
  ];
  const queries: Coordinate = { axis: query, name: 'query', beyond: true };
  const keys: Coordinate = { axis: key, name: 'key', beyond: true };
  const define = (name: string, place: Coordinate, value: Scalar, along: Axis): void => {
    const byFours = readsByFours(value, along);
    fourFunction(
      shader,
      name,
      [...around, place, { axis: along, name: 'width', beyond: !byFours }],
      value,
      along,
      byFours,
    );
  };
  define('queryAt', queries, q, width);
  define('keyAt', keys, k, width);
  define('valueAt', keys, v, valueWidth);
  shader.use('exponential');
  defineVisible(shader, kernel);
  const results = [...around, queries, { axis: valueWidth, name: 'width', beyond: reachesBeyond(valueWidth, 4) }];
  storeFunction(shader, results, writes, accumulator, valueWidth, writesByFours(writes, valueWidth));
}

/** Keys from the first on that a query sees: 0 or less when it sees none. */
function defineVisible(shader: Shader, { batch, query, key, causal, keyLength }: AttentionKernel): void {
  const causalEnd = apply('sub', apply('add', query, whole(key.extent)), apply('sub', whole(query.extent), whole(1)));
  const limits = [whole(key.extent), ...(causal ? [causalEnd] : []), ...(keyLength ? [keyLength] : [])];
  shader.function('visibleKeys', '(batch: i32, query: i32) -> i32', (body) => {
    body.bind(batch, atom('batch'));
    body.bind(query, atom('query'));
    const codes = body.values(limits);
    body.line(`return ${codes.map(({ text }) => text).reduce((least, limit) => `min(${least}, ${limit})`)};`);
  });
}
