import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as dsl from '../../dsl/index.ts';
import { type Dim, dim, input, type Tensor } from '../../dsl/index.ts';

const test = suite('shape errors');

// Tensors without types, as where shapes are only known at run time: the compiler does not see what is wrong.
const tensor = (shape: readonly Dim[], type: 'f32' | 'i32' = 'f32'): never => input('x', shape, type) as never;

const [B, T, S, W, E, D] = [dim('B', 8), dim('T', 50), dim('S', 7), dim('W', 768), dim('E', 512), dim('D', 2048)];
const [H, K] = [dim('H', 12), dim('K', 64)];

const streamed = (left: Tensor, right: Tensor, keyLengths?: Tensor): Tensor =>
  dsl.streamedLogSumExp({ left, right, depth: 'K', row: 'B', column: 'S', ...(keyLengths && { keyLengths }) });

interface Case {
  readonly call: () => Tensor;
  /** Without the place. */
  readonly message: string;
}

const cases: Readonly<Record<string, Case>> = {
  'linear, inner': {
    call: () => dsl.linear(tensor([B, T, W]), tensor([E, D])),
    message: 'linear: x is [B=8, T=50, W=768] but w is [E=512, D=2048]; W ≠ D',
  },
  'linear, inner sizes': {
    call: () => dsl.linear(tensor([B, W]), tensor([E, dim('W', 3)])),
    message: 'linear: x is [B=8, W=768] but w is [E=512, W=3]; W ≠ W',
  },
  'linear, bias': {
    call: () => dsl.linear(tensor([B, W]), tensor([E, W]), tensor([D])),
    message: 'linear: w is [E=512, W=768] but b is [D=2048]; D ≠ E',
  },
  'add, no operand has all': {
    call: () => dsl.add(tensor([B, T]), tensor([T, W])),
    message: 'add: a is [B=8, T=50] but b is [T=50, W=768]; no operand has all dimensions; expand one to hold W too',
  },
  'add, sizes': {
    call: () => dsl.add(tensor([B, T]), tensor([dim('T', 3)])),
    message: 'add: a is [B=8, T=50] but b is [T=3]; T=50 ≠ T=3',
  },
  'concat, another dimension differs': {
    call: () => dsl.concat([tensor([B, T]), tensor([dim('B', 2), T])] as never, 'T' as never),
    message: 'concat: first is [B=8, T=50] but part is [B=2, T=50]; they may differ in the size of T only',
  },
  'concat, no such dimension': {
    call: () => dsl.concat([tensor([B, T])], 'Q' as never),
    message: 'concat: first is [B=8, T=50]; there is no dimension Q',
  },
  'attention, rank': {
    call: () => dsl.attention(tensor([B, T, K]), tensor([B, H, S, K]), tensor([B, H, S, K])),
    message:
      'attention: q is [B=8, T=50, K=64] but k is [B=8, H=12, S=7, K=64] but v is [B=8, H=12, S=7, K=64]; each needs [batch, heads, tokens, width]',
  },
  'attention, widths': {
    call: () => dsl.attention(tensor([B, H, T, K]), tensor([B, H, S, E]), tensor([B, H, S, K])),
    message:
      'attention: q is [B=8, H=12, T=50, K=64] but k is [B=8, H=12, S=7, E=512] but v is [B=8, H=12, S=7, K=64]; the widths of q and k differ',
  },
  'attention, groups': {
    call: () => dsl.attention(tensor([B, H, T, K]), tensor([B, dim('G', 5), S, K]), tensor([B, dim('G', 5), S, K])),
    message:
      'attention: q is [B=8, H=12, T=50, K=64] but k is [B=8, G=5, S=7, K=64] but v is [B=8, G=5, S=7, K=64]; the heads of q are no multiple of those of k',
  },
  'attention, key lengths': {
    call: () =>
      dsl.attention(tensor([B, H, T, K]), tensor([B, H, S, K]), tensor([B, H, S, K]), { keyLengths: tensor([B]) }),
    message:
      'attention: q is [B=8, H=12, T=50, K=64] but keyLengths is [B=8]; key lengths are one i32 for each batch entry',
  },
  'attention, symbolic width': {
    call: () => dsl.attention(tensor([B, H, T, dim('K')]), tensor([B, H, S, dim('K')]), tensor([B, H, S, E])),
    message:
      'attention: q is [B=8, H=12, T=50, K] but k is [B=8, H=12, S=7, K] but v is [B=8, H=12, S=7, E=512]; the width is not fixed; give the scale',
  },
  'contract, sizes': {
    call: () => dsl.contract(tensor([B, W]), tensor([E, dim('W', 3)]), 'W' as never),
    message: 'contract: a is [B=8, W=768] but b is [E=512, W=3]; the sizes of W differ',
  },
  'gather, ids': {
    call: () => dsl.gather(tensor([E, W]), tensor([B]), 'E' as never),
    message: 'gather: x is [E=512, W=768] but ids is [B=8]; ids are f32; use toInt',
  },
  'split, sizes': {
    call: () => dsl.split(tensor([B, W]), 'W' as never, [H, dim('K', 60)]),
    message: 'split: x is [B=8, W=768] but into is [H=12, K=60]; the sizes do not multiply to W=768',
  },
  'merge, order': {
    call: () => dsl.merge(tensor([B, T, W]), ['T', 'B'] as never, 'M'),
    message: 'merge: x is [B=8, T=50, W=768]; [T,B] are not neighbours in this order; permute first',
  },
  'permute, one missing': {
    call: () => dsl.permute(tensor([B, T, W]), ['T', 'B'] as never),
    message: 'permute: x is [B=8, T=50, W=768]; the order [T,B] must name every dimension once',
  },
  'slice, beyond the end': {
    call: () => dsl.slice(tensor([B, T]), 'T' as never, { start: 3, end: 51 }),
    message: 'slice: x is [B=8, T=50]; T from 3 to 51 does not lie within it',
  },
  'index, beyond the end': {
    call: () => dsl.index(tensor([B, T]), 'T' as never, 50),
    message: 'index: x is [B=8, T=50]; T has no position 50',
  },
  'expand, one missing': {
    call: () => dsl.expand(tensor([B, T]), [B, W] as never),
    message: 'expand: x is [B=8, T=50] but shape is [B=8, W=768]; T=50 is not among the new dimensions',
  },
  'sum, no such dimension': {
    call: () => dsl.sum(tensor([B, T]), 'Q' as never),
    message: 'sum: x is [B=8, T=50]; there is no dimension Q',
  },
  'layerNorm, another dimension': {
    call: () => dsl.layerNorm(tensor([B, T]), tensor([B]), tensor([B]), 1e-5),
    message: 'layerNorm: x is [B=8, T=50] but weight is [B=8]; weight must have the last dimension of x alone',
  },
  'rmsNorm, size': {
    call: () => dsl.rmsNorm(tensor([B, T]), tensor([dim('T', 3)]), 1e-5),
    message: 'rmsNorm: x is [B=8, T=50] but weight is [T=3]; weight must have the last dimension of x alone',
  },
  'rope, frequencies': {
    call: () => dsl.rope(tensor([B, H, T, K]), tensor([T], 'i32'), tensor([K])),
    message:
      'rope: x is [B=8, H=12, T=50, K=64] but frequencies is [K=64]; there must be half as many frequencies as K',
  },
  'rope, positions': {
    call: () => dsl.rope(tensor([B, H, T, K]), tensor([B], 'i32'), tensor([dim('K', 32)])),
    message:
      'rope: x is [B=8, H=12, T=50, K=64] but positions is [B=8]; positions belong to the last dimension but one of x',
  },
  'pad, step': {
    call: () => dsl.pad(tensor([B, T]), 'T' as never, { step: 0 }),
    message: 'pad: x is [B=8, T=50]; step is 0; it must be a positive whole number',
  },
  'streamedLogSumExp, no such column': {
    call: () => streamed(tensor([B, K]), tensor([T, K])),
    message: 'streamedLogSumExp: right is [T=50, K=64]; there is no dimension S',
  },
  'streamedLogSumExp, a column on the left': {
    call: () => streamed(tensor([B, S, K]), tensor([S, K])),
    message: 'streamedLogSumExp: left is [B=8, S=7, K=64] but right is [S=7, K=64]; S belongs to right alone',
  },
  'streamedLogSumExp, a batch on the right alone': {
    call: () => streamed(tensor([B, K]), tensor([H, S, K])),
    message:
      'streamedLogSumExp: left is [B=8, K=64] but right is [H=12, S=7, K=64]; H of right is neither S nor of a batch that left has',
  },
  'streamedLogSumExp, depths': {
    call: () => streamed(tensor([B, K]), tensor([S, dim('K', 3)])),
    message: 'streamedLogSumExp: left is [B=8, K=64] but right is [S=7, K=3]; the sizes of K differ',
  },
  'streamedLogSumExp, key lengths': {
    call: () => streamed(tensor([B, K]), tensor([S, K]), tensor([B], 'i32')),
    message:
      'streamedLogSumExp: left is [B=8, K=64] but right is [S=7, K=64] but keyLengths is [B=8]; key lengths are one i32 for each batch entry',
  },
  'crossEntropy, targets': {
    call: () => dsl.crossEntropy(tensor([B, T, W]), tensor([B], 'i32')),
    message: 'crossEntropy: logits is [B=8, T=50, W=768] but targets is [B=8]; targets must be [B=8, T=50]',
  },
  'patchEmbed, size': {
    call: () =>
      dsl.patchEmbed(
        tensor([B, dim('colour', 3), dim('Y', 33), dim('X', 32)]),
        tensor([W, dim('colour', 3), dim('patchY', 8), dim('patchX', 8)]),
        'N',
      ),
    message:
      'patchEmbed: images is [B=8, colour=3, Y=33, X=32] but weight is [W=768, colour=3, patchY=8, patchX=8]; the patch does not divide the image; resize the image',
  },
  'update, no state': {
    call: () => dsl.update(tensor([B, T]), tensor([B, T])),
    message: 'update: state is [B=8, T=50]; it is the result of input; only a state can be updated',
  },
  'rename, name taken': {
    call: () => dsl.rename(tensor([B, T]), 'T' as never, 'B'),
    message: 'rename: the result [B=8, B=50] has two dimensions of one name; rename one',
  },
};

function caught(call: () => Tensor): Error {
  try {
    call();
  } catch (error) {
    assert.instance(error, dsl.ShapeError);
    return error as Error;
  }
  return assert.unreachable('nothing was thrown') as never;
}

for (const [name, { call, message }] of Object.entries(cases)) {
  test(`${name}: says what, and where`, () => {
    const [text, place = ''] = caught(call).message.split(/ \((?=[^ ]+$)/);
    assert.is(text, message);
    assert.match(place, /^errors\.test\.[jt]s:\d+\)$/);
  });
}

test('whole numbers are not divided, nor given to what is defined for floats', () => {
  const ids = input('ids', [dim('B')], 'i32');
  const words = /^(div|exp): operand is \[B\]; it holds whole numbers; use toFloat first/;
  for (const call of [() => dsl.div(ids, 2), () => dsl.div(2, ids), () => dsl.exp(ids)])
    assert.match(caught(call).message, words);
  assert.match(caught(() => dsl.sqrt(dsl.less(ids, 2))).message, /^sqrt: operand is \[B\]; it holds truth values/);
  assert.is(dsl.div(dsl.toFloat(ids), 2).type, 'f32');
});

test('the place is the line of the call', () => {
  const line = /errors\.test\.[jt]s:(\d+)/;
  const [here, error] = [new Error(), caught(() => dsl.linear(tensor([W]), tensor([E, D])))];
  assert.is(line.exec(error.message)![1], line.exec(here.stack!)![1]);
});

test.run();
