import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { arrangePanels, layoutSize, type PanelLayout, restorePlain } from '../../kernels/layout.ts';

const test = suite('panels');

const counting = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i + 1);

const placeOf = (column: number, width: number, halves: PanelLayout['halves']): number =>
  halves === 'apart' ? column : 2 * (column % (width / 2)) + (column < width / 2 ? 0 : 1);

for (const width of [8, 16])
  for (const columns of [1, 7, 8, 9, 16, 17, 31])
    for (const depth of [1, 3, 5])
      for (const along of ['k', 'n'] as const)
        for (const halves of ['apart', 'alternate'] as const)
          test(`${columns} columns × ${depth}, panels of ${width}, halves ${halves}, plain form along ${along}`, () => {
            const strides = along === 'k' ? { strideN: depth, strideK: 1 } : { strideN: 1, strideK: columns };
            const layout: PanelLayout = { kind: 'panels', width, columns, depth, ...strides, halves };
            const plain = counting(columns * depth);
            const panels = arrangePanels(layout, plain);
            assert.is(panels.length, layoutSize(layout, plain.length));
            const filled = new Set<number>();
            for (let n = 0; n < columns; n++)
              for (let k = 0; k < depth; k++) {
                const at = Math.floor(n / width) * depth * width + k * width + placeOf(n % width, width, halves);
                assert.is(panels[at], plain[n * layout.strideN + k * layout.strideK], `n ${n}, k ${k}`);
                filled.add(at);
              }
            assert.ok(
              panels.every((x, i) => filled.has(i) || x === 0),
              'padding is 0',
            );
            assert.equal(restorePlain(layout, panels, plain.length), plain);
          });

test('a plain layout takes what the tensor takes', () => {
  assert.is(layoutSize({ kind: 'plain' }, 35), 35);
});

test('a plain form that is too short is an error that says how long it must be', () => {
  const layout: PanelLayout = {
    kind: 'panels',
    width: 8,
    columns: 4,
    depth: 3,
    strideN: 3,
    strideK: 1,
    halves: 'apart',
  };
  assert.throws(() => arrangePanels(layout, counting(11)), /reach 12 elements, the plain form has 11/);
});

test.run();
