/**
 * What the printer writes for one product, one attention and one stream, to be read and reviewed. After a change that is meant:
 * `UPDATE_SNAPSHOTS=1 node dist/test/assembly/contract-snapshot.test.js`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { trace } from '../../dsl/index.ts';
import { printAttention } from '../../kernels/assembly/attention.ts';
import { printContract } from '../../kernels/assembly/contract.ts';
import { printStream } from '../../kernels/assembly/stream.ts';
import { assemblyVariants } from '../../kernels/assembly/variants.ts';
import { compileGraph } from '../../kernels/compile.ts';
import type { AttentionKernel, ContractKernel, Kernel, Step, StreamKernel } from '../../kernels/ir.ts';
import { target } from '../support/assembly.ts';
import { repositoryRoot } from '../support/repository.ts';
import { attentionStreams } from '../support/stream-graphs.ts';
import { attentionStep, forms } from './attention-cases.ts';
import { contractStep, extentsOf } from './contract-cases.ts';

const test = suite('printed products');

function compare(name: string, text: string): void {
  const path = join(repositoryRoot, 'test', 'assembly', `${name}.snapshot.txt`);
  if (process.env.MMGEM_UPDATE_SNAPSHOTS === '1') writeFileSync(path, text);
  assert.fixture(text, readFileSync(path, 'utf8'));
}

const variant = (name: string, kind: Kernel['kind']) =>
  assemblyVariants.find((row) => row.name === name && row.kind === kind)!;

test('a linear layer with bias and GELU, packed weights, any number of rows', () => {
  const extents = extentsOf({ batch: 1, m: 0, n: 3072, k: 768 }, (name) => name === 'M');
  const plain = contractStep([{ left: 'rows', right: 'rows', epilogue: 'gelu' }], extents);
  const kernel: ContractKernel = { ...plain.kernels[0]!, packed: { buffer: 'w', width: 16 } };
  const step: Step = { ...plain, kernels: [kernel] };
  compare('contract', printContract(kernel, { step, target: target('wide') }, variant('blocked', 'contract')).source);
});

test('causal attention of twelve heads of 64, symbolic lengths', () => {
  const shape = { batch: 0, groups: 12, perGroup: 1, queries: 0, keys: 0, width: 64, valueWidth: 64 };
  const step = attentionStep(shape, [{ ...forms[1]!, fused: false }], true);
  const kernel = step.kernels[0] as AttentionKernel;
  compare(
    'attention',
    printAttention(kernel, { step, target: target('relaxed') }, variant('flash', 'attention')).source,
  );
});

test('the gradient of the keys of causal attention, two heads of queries for one of keys, symbolic lengths', () => {
  const lengths = { B: 0, G: 3, M: 2, T: 0, S: 0, K: 64, V: 64 };
  const graph = attentionStreams(lengths, { order: 'tokens', causal: true, lengths: false }, 'BTS');
  const step = compileGraph(trace('keys', { kGradient: graph.outputs.kGradient! }), target('relaxed'));
  const [lowered] = step.kernels as [StreamKernel];
  // The third line of the comment says where in this repository's tests the stream was made.
  const kernel: StreamKernel = { ...lowered, comment: lowered.comment.slice(0, 2) };
  compare('stream', printStream(kernel, { step, target: target('relaxed') }, variant('blocked', 'stream')).source);
});

test.run();
