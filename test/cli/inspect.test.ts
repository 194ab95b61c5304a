import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as scalar from '../../dsl/scalar.ts';
import { axis, constant, linearForm, read, type Scalar } from '../../dsl/scalar.ts';
import { namedConfigs } from '../../model/configs.ts';
import { ScalarText } from '../../targets/node/cli/inspect/scalar-text.ts';
import { mmgem, mmgemJson } from './support.ts';

const test = suite('inspect');

const [i, j] = [axis('i', 4), axis('j', 8)];
const at = scalar.apply('add', scalar.apply('mul', i, scalar.whole(8)), j);
const x = read('x', at);

function written(root: Scalar): string {
  const text = new ScalarText([root]);
  const last = text.text(root);
  return [...text.takeDefinitions(), last].join('; ');
}

test('expressions are written infix, with the innermost index last', () => {
  assert.is(written(x), 'x[i·8 + j]');
  assert.is(written(linearForm(scalar.whole(3))), '3');
  const difference = scalar.apply('sub', x, scalar.apply('sub', constant(1), x));
  assert.is(written(difference), 'x[i·8 + j] − (1 − x[i·8 + j])');
  assert.is(written(scalar.apply('mul', scalar.apply('add', x, constant(2)), x)), '(x[i·8 + j] + 2) · x[i·8 + j]');
});

test('what stands twice gets a name', () => {
  const e = scalar.apply('exp', x);
  assert.is(
    written(scalar.apply('div', e, scalar.apply('add', constant(1), e))),
    'v0 = exp(x[i·8 + j]); v0 / (1 + v0)',
  );
});

test('what depends on a loop stays inside it', () => {
  const k = axis('k', 3);
  const e = scalar.apply('exp', read('y', k));
  const sum = scalar.loop('sum', k, scalar.whole(3), scalar.apply('mul', e, e));
  assert.is(written(sum), 'Σ(k < 3: exp(y[k]) · exp(y[k]))');
});

interface Listing {
  readonly parameters: number;
  readonly programs: readonly {
    readonly program: string;
    readonly kernels: number;
    readonly kinds: Record<string, number>;
  }[];
}

test('lists the programs of a configuration', async () => {
  const { parameters, programs } = await mmgemJson<Listing>(['inspect', 'nano']);
  assert.ok(parameters < 10e6);
  const names = programs.map(({ program }) => program);
  for (const name of ['imageFeatures', 'textEmbedding', 'heatMap', 'decode.greedy', 'decode.beam']) {
    assert.ok(names.includes(name), name);
  }
  const image = programs.find(({ program }) => program === 'imageFeatures')!;
  assert.is(image.kinds.attention, namedConfigs.nano.vision.layers, 'one kernel for the attention of each layer');
});

test('prints graph, groups, kernels, shaders and module of a program', async () => {
  const { code, stdout, stderr } = await mmgem(['inspect', 'nano', '--program', 'heatMap']);
  assert.is(code, 0, stderr);
  const headings = [...stdout.matchAll(/^──── (\w+) /gm)].map(([, name]) => name);
  assert.equal(headings, ['graph', 'groups', 'kernels', 'wgsl', 'assembly']);
  assert.match(stdout, /^graph heatMap$/m);
  assert.match(stdout, /^group \d+: row, l2Normalize$/m);
  assert.match(stdout, 'r0 = sum over along of');
  assert.match(stdout, '@compute @workgroup_size');
  assert.match(stdout, 'export function');
  assert.match(stdout, /projections\.ts:\d+/, 'lines of the sources, not of what was compiled');
});

test('sections are printed alone without headings, and options reach the printers', async () => {
  const without = await mmgem(['inspect', 'nano', '--program', 'heatMap', '--wgsl', '--no-subgroups']);
  const withThem = await mmgem(['inspect', 'nano', '--program', 'heatMap', '--wgsl']);
  assert.not.match(without.stdout, '────');
  assert.not.match(without.stdout, 'enable subgroups');
  assert.match(withThem.stdout, 'enable subgroups');
});

test('tells the memory that a program takes', async () => {
  const peak = async (batch: number): Promise<number> => {
    const args = ['inspect', 'nano', '--program', 'imageFeatures', '--size', `B=${batch}`];
    const { plan, memory } = await mmgemJson<{ plan: string; memory: { peak: number } }>(args);
    assert.match(plan, new RegExp(`^memory of imageFeatures for B=${batch}: peak [\\d.]+ [kM]B, beyond parameters`));
    return memory.peak;
  };
  const [one, four] = [await peak(1), await peak(4)];
  assert.ok(four > 3.5 * one && four < 4.5 * one, `${one} and ${four} bytes`);
});

test.run();
