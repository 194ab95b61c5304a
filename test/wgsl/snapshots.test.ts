/**
 * The text of kernels of every kind. `MMGEM_UPDATE_SNAPSHOTS=1 node dist/test/wgsl/snapshots.test.js` writes the files anew;
 * what has changed shows in version control.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addExtents, multiplyExtents, symbol } from '../../dsl/extent.ts';
import { trace } from '../../dsl/index.ts';
import { axis, read, whole } from '../../dsl/scalar.ts';
import { compileGraph } from '../../kernels/compile.ts';
import type { Step } from '../../kernels/ir.ts';
import { printWgslStep } from '../../kernels/wgsl/print.ts';
import { repositoryRoot } from '../support/repository.ts';
import { attentionStreams } from '../support/stream-graphs.ts';
import { at, declare, f, i, map, output, over, richTarget, sizeOf, stepOf, write } from './build.ts';
import { argmax, attentionStep, layerNorm, productStep, sample, softmax, topK } from './steps.ts';

const test = suite('wgsl text');
const folder = join(repositoryRoot, 'test', 'wgsl', 'snapshots');
const [B, T, S] = [symbol('B'), symbol('T'), symbol('S')];
const sizes = [{ name: 'B', max: 64 }, { name: 'S' }, { name: 'T' }];

/** Padding before, concatenation after, a table looked up, and a GELU in half precision. */
function embedding(): Step {
  const [b, t, w] = [axis('b', B), axis('t', addExtents(T, 1)), axis('w', 16)];
  const token = read('table', at([read('ids', at([b, i('sub', t, 1)], [T]), 'i32'), w], [16]));
  const x = f('where', i('lessEqual', 1, t), token, read('cls', w));
  const gelu = f('mul', f('mul', x, 0.5), f('add', f('erf', f('mul', x, Math.SQRT1_2)), 1));
  return stepOf(
    [map([b, t, w], write('y', over(b, t, w), f('add', gelu, read('positions', over(t, w)))))],
    [
      declare('table', multiplyExtents(16, 100), { role: 'parameter', dtype: 'f16', shape: '[V=100, W=16]' }),
      declare('ids', multiplyExtents(B, T), { dtype: 'i32', shape: '[B, T]' }),
      declare('cls', 16, { role: 'parameter', shape: '[W=16]' }),
      declare('positions', 16 * 78, { role: 'parameter', dtype: 'bf16', shape: '[P=78, W=16]' }),
      output('y', sizeOf(b, t, w)),
    ],
    sizes,
  );
}

/** A cache written in place at a position that is data. */
function cache(): Step {
  const [t, w] = [axis('t', T), axis('w', 6)];
  const place = i('add', t, read('position', whole(0), 'i32'));
  const kernel = map(
    [t, w],
    write('cache', at([place, w], [6]), f('add', read('x', over(t, w)), read('cache', at([place, w], [6])))),
  );
  const buffers = [
    declare('position', 1, { dtype: 'i32' }),
    declare('x', multiplyExtents(6, T)),
    declare('cache', 600, { role: 'state' }),
  ];
  return stepOf([kernel], buffers, sizes);
}

const rows = { ...softmax(axis('row', multiplyExtents(B, T)), axis('along', S)), sizes };
const columns = { ...softmax(axis('row', 768), axis('along', multiplyExtents(B, T)), true), sizes };
const linear = productStep({ m: multiplyExtents(B, T), n: 768, k: 512 }, sizes, 'f16');
const odd = productStep({ batch: B, m: T, n: S, k: 27, rightOrder: 'kn' }, sizes);
const heads = { batch: B, heads: 4, groups: 2, queries: T, keys: S, width: 8, causal: true, lengths: true } as const;

/** The gradient of the keys of causal attention, two heads of queries for one of keys; the kernel's last line of comment is a place in tests. */
function keyGradient(): Step {
  const lengths = { B: 0, G: 2, M: 2, T: 0, S: 0, K: 8, V: 12 };
  const graph = attentionStreams(lengths, { order: 'tokens', causal: true, lengths: true }, 'BTS');
  const step = compileGraph(trace('step', { kGradient: graph.outputs.kGradient! }), richTarget);
  return { ...step, kernels: step.kernels.map((kernel) => ({ ...kernel, comment: kernel.comment.slice(0, 2) })) };
}

const cases: readonly (readonly [file: string, step: Step, variant: string, kind?: string])[] = [
  ['map-fours', embedding(), 'fours'],
  ['map-single', cache(), 'single'],
  ['row-serial', rows, 'serial'],
  ['row-tree', rows, 'treeLong'],
  ['row-columns', columns, 'columns'],
  ['row-subgroup-fours', layerNorm(axis('row', 197), axis('along', 768)), 'subgroupFours'],
  ['contract-direct', odd, 'direct'],
  ['contract-tiled', odd, 'tiled'],
  ['contract-tiled-fours', linear, 'tiledFours'],
  ['contract-tiled-half', linear, 'tiledHalf'],
  ['contract-row-fours', linear, 'rowFours'],
  ['contract-few-rows-subgroup', linear, 'fewRowsSubgroup'],
  ['attention-rows', attentionStep(heads, sizes), 'rows'],
  ['attention-split', attentionStep({ ...heads, width: 5 }, sizes), 'split'],
  ['stream-rows', keyGradient(), 'rows'],
  ['select-argmax', argmax(B, S, sizes), 'largest'],
  ['select-top-k', topK(B, S, 5, sizes), 'largest'],
  ['select-sample', sample(B, S, sizes), 'sample'],
];

for (const [file, step, variant] of cases) {
  test(file, () => {
    const kind = step.kernels[0]!.kind;
    const [printed] = printWgslStep(step, richTarget, { force: { [kind]: variant } });
    assert.is(printed!.variant, variant);
    const path = join(folder, `${file}.wgsl`);
    if (process.env.MMGEM_UPDATE_SNAPSHOTS === '1') {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path, printed!.source);
    }
    assert.is(printed!.source, readFileSync(path, 'utf8'), `${file}.wgsl differs`);
  });
}

test.run();
