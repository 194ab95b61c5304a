/**
 * Which shapes compile and which do not. Each `@ts-expect-error` stands above what must not; `expectShape` says which names
 * a result has, in order. Nothing here runs.
 */
import {
  add,
  argmax,
  attention,
  concat,
  constant,
  contract,
  crossEntropy,
  crossEntropyRows,
  type Dim,
  dim,
  expand,
  gather,
  gelu,
  index,
  input,
  layerNorm,
  linear,
  max,
  mean,
  merge,
  mul,
  pad,
  permute,
  rename,
  rmsNorm,
  rope,
  sample,
  slice,
  softmax,
  split,
  sum,
  type Tensor,
  topK,
  where,
} from '../../dsl/index.ts';

/** The names of a tensor's dimensions, in order. */
type NamesOf<X> =
  X extends Tensor<infer S> ? { readonly [I in keyof S]: S[I] extends Dim<infer N> ? N : never } : never;

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only when the tensor has exactly these dimensions, in this order. */
declare function expectShape<X extends Tensor, const N extends readonly string[]>(
  x: X,
  names: Same<readonly [...NamesOf<X>], N> extends true ? N : readonly [...NamesOf<X>],
): void;

const [B, T, S, W, E, H, K, V] = [
  dim('B'),
  dim('T'),
  dim('S'),
  dim('W', 768),
  dim('E', 512),
  dim('H', 12),
  dim('K', 64),
  dim('V', 100),
];
const x = input('x', [B, T, W]);
const ids = input('ids', [B, T], 'i32');

export function shapes(): void {
  expectShape(x, ['B', 'T', 'W']);
  // @ts-expect-error the names are not in this order
  expectShape(x, ['T', 'B', 'W']);
  // @ts-expect-error one is missing
  expectShape(x, ['B', 'T']);
}

export function products(): void {
  const w = input('w', [E, W]);
  expectShape(linear(x, w), ['B', 'T', 'E']);
  expectShape(linear(x, w, input('b', [E])), ['B', 'T', 'E']);
  expectShape(linear(input('one', [W]), w), ['E']);
  // @ts-expect-error W ≠ K
  linear(x, input('w', [E, K]));
  // @ts-expect-error the weight is the wrong way round
  linear(x, input('w', [W, E]));
  // @ts-expect-error the bias is not [E]
  linear(x, w, input('b', [W]));
  // @ts-expect-error the bias has two dimensions
  linear(x, w, input('b', [B, E]));
  // @ts-expect-error the weight has one dimension
  linear(x, input('w', [W]));

  expectShape(contract(x, w, 'W'), ['B', 'T', 'E']);
  expectShape(contract(x, input('y', [B, S, W]), 'W'), ['B', 'T', 'S']);
  expectShape(contract(x, input('y', [T, W]), 'T', 'W'), ['B']);
  // @ts-expect-error the second operand has no T
  contract(x, w, 'T');
  // @ts-expect-error nobody has Q
  contract(x, w, 'Q');
  // @ts-expect-error the first operand has no E
  contract(x, w, 'E');
}

export function elementwise(): void {
  expectShape(add(x, input('y', [B, T, W])), ['B', 'T', 'W']);
  expectShape(add(x, input('y', [W])), ['B', 'T', 'W']);
  expectShape(add(input('y', [T]), x), ['B', 'T', 'W']);
  expectShape(mul(x, 2), ['B', 'T', 'W']);
  expectShape(add(x, constant(1)), ['B', 'T', 'W']);
  expectShape(gelu(x), ['B', 'T', 'W']);
  expectShape(where(ids, x, 0), ['B', 'T', 'W']);
  // @ts-expect-error x has no E
  add(x, input('y', [E]));
  // @ts-expect-error neither has all dimensions of the other
  mul(input('a', [B, T]), input('b', [T, W]));
  // @ts-expect-error x has no E
  where(input('c', [E]), x, 0);
}

export function reductions(): void {
  expectShape(sum(x, 'T'), ['B', 'W']);
  expectShape(mean(x, 'T', 'W'), ['B']);
  expectShape(max(x, 'B', 'T', 'W'), []);
  expectShape(softmax(x, 'W'), ['B', 'T', 'W']);
  // @ts-expect-error x has no Q
  sum(x, 'Q');
  // @ts-expect-error x has no E
  mean(x, 'T', 'E');
  // @ts-expect-error x has no E
  softmax(x, 'E');
  // @ts-expect-error T is gone after the first sum
  sum(sum(x, 'T'), 'T');
}

export function movement(): void {
  expectShape(permute(x, ['W', 'B', 'T']), ['W', 'B', 'T']);
  expectShape(rename(x, 'T', 'S'), ['B', 'S', 'W']);
  expectShape(split(x, 'W', [H, K]), ['B', 'T', 'H', 'K']);
  expectShape(merge(split(x, 'W', [H, K]), ['H', 'K'], 'W'), ['B', 'T', 'W']);
  expectShape(merge(x, ['B', 'T', 'W'], 'all'), ['all']);
  expectShape(expand(input('y', [W]), [B, W]), ['B', 'W']);
  expectShape(slice(x, 'T', { start: 1 }), ['B', 'T', 'W']);
  expectShape(index(x, 'T', 0), ['B', 'W']);
  expectShape(pad(x, 'T', { before: 1 }), ['B', 'T', 'W']);
  expectShape(concat([x, input('y', [B, dim('T', 2), W])], 'T'), ['B', 'T', 'W']);
  // @ts-expect-error W is not named
  permute(x, ['B', 'T']);
  // @ts-expect-error B stands twice
  permute(x, ['B', 'B', 'W']);
  // @ts-expect-error x has no E
  permute(x, ['B', 'T', 'E']);
  // @ts-expect-error x has no E
  rename(x, 'E', 'F');
  // @ts-expect-error x has no E
  split(x, 'E', [H, K]);
  // @ts-expect-error x has no H
  merge(x, ['T', 'H'], 'all');
  // @ts-expect-error the new shape lacks W
  expand(input('y', [W]), [B, T]);
  // @ts-expect-error x has no E
  slice(x, 'E', { start: 1 });
  // @ts-expect-error x has no E
  index(x, 'E', 0);
  // @ts-expect-error x has no E
  pad(x, 'E', { before: 1 });
  // @ts-expect-error x has no E
  concat([x, x], 'E');
  // @ts-expect-error the second part has E where W is due
  concat([x, input('y', [B, T, E])], 'T');
  // @ts-expect-error the second part lacks B
  concat([x, input('y', [T, W])], 'T');
}

export function models(): void {
  const [q, k, v] = [input('q', [B, H, T, K]), input('k', [B, dim('G', 4), S, K]), input('v', [B, dim('G', 4), S, V])];
  expectShape(attention(q, k, v), ['B', 'H', 'T', 'V']);
  expectShape(attention(q, k, v, { keyLengths: input('n', [B], 'i32') }), ['B', 'H', 'T', 'V']);
  // @ts-expect-error the keys have another width than the queries
  attention(q, input('k', [B, H, S, E]), v);
  // @ts-expect-error the values belong to other tokens than the keys
  attention(q, k, input('v', [B, dim('G', 4), T, V]));
  // @ts-expect-error the heads are missing
  attention(input('q', [B, T, K]), k, v);
  // @ts-expect-error lengths belong to batch entries
  attention(q, k, v, { keyLengths: input('n', [T], 'i32') });

  expectShape(gather(input('table', [V, W]), ids, 'V'), ['B', 'T', 'W']);
  expectShape(gather(x, input('last', [B], 'i32'), 'T'), ['B', 'W']);
  // @ts-expect-error the table has no T
  gather(input('table', [V, W]), ids, 'T');

  const weight = input('g', [W]);
  expectShape(layerNorm(x, weight, weight, 1e-5), ['B', 'T', 'W']);
  expectShape(rmsNorm(x, weight, 1e-5), ['B', 'T', 'W']);
  // @ts-expect-error the last dimension of x is W
  layerNorm(x, input('g', [E]), input('b', [E]), 1e-5);
  // @ts-expect-error the bias is not [W]
  layerNorm(x, weight, input('b', [T]), 1e-5);
  // @ts-expect-error the last dimension of x is W
  rmsNorm(x, input('g', [T]), 1e-5);

  const [positions, frequencies] = [input('positions', [T], 'i32'), input('frequencies', [dim('K', 32)])];
  expectShape(rope(q, positions, frequencies), ['B', 'H', 'T', 'K']);
  // @ts-expect-error positions belong to T
  rope(q, input('positions', [B], 'i32'), frequencies);
  // @ts-expect-error frequencies belong to K
  rope(q, positions, input('frequencies', [dim('W', 32)]));
  // @ts-expect-error T and K stand the wrong way round
  rope(permute(q, ['B', 'H', 'K', 'T']), positions, frequencies);

  const logits = input('logits', [B, T, V]);
  const settings = { temperature: input('temperature', []), topK: constant(0, 'i32'), topP: constant(1) };
  expectShape(sample(logits, { ...settings, uniform: input('uniform', [B, T]) }), ['B', 'T']);
  // @ts-expect-error one a row
  sample(logits, { ...settings, uniform: input('uniform', [V]) });
  expectShape(crossEntropyRows(logits, ids, 0), ['B', 'T']);
  expectShape(argmax(logits, 'V'), ['B', 'T']);
  expectShape(topK(logits, 'T', 3, 'slot'), ['B', 'V', 'slot']);
  // @ts-expect-error logits have no W
  argmax(logits, 'W');
  expectShape(crossEntropy(logits, ids), []);
  // @ts-expect-error targets are [B, T]
  crossEntropy(logits, input('targets', [B], 'i32'));
  // @ts-expect-error targets have no classes
  crossEntropy(logits, logits);
}

/** Shapes that are known only as lists: everything compiles, and the run-time check speaks. */
export function lists(any: Tensor, shape: readonly Dim[]): void {
  add(any, any);
  sum(any, 'T');
  permute(any, ['B', 'T']);
  expand(any, shape);
  contract(any, any, 'W');
  gather(any, any, 'T');
  concat([any, any], 'T');
  softmax(any, 'W');
}
