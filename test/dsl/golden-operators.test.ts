import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { interpret, printGraph, trace } from '../../dsl/index.ts';
import { buildCase } from '../../model/verify/cases.ts';
import { casesOf, readGolden } from '../../model/verify/golden-file.ts';
import { gradientsOf } from '../../model/verify/operators.ts';
import { relativeError } from '../../model/verify/tolerances.ts';
import { directoryStore } from '../../targets/node/files.ts';
import { goldenPath } from '../support/repository.ts';

const test = suite('operators and golden files');

/** The rounding of golden values to float32. The boxes of RoIAlign's cases were rounded too, after they had been used. */
const tolerance = 5e-7;

const files = { 'operators.safetensors': 50, 'roi_align.safetensors': 6 };

for (const [name, count] of Object.entries(files)) {
  const cases = casesOf(await readGolden(directoryStore(goldenPath()), name));

  test(`${name} has ${count} cases`, () => {
    assert.is(cases.length, count);
  });

  for (const golden of cases) {
    test(`the interpreter computes ${golden.name} as PyTorch does`, () => {
      const built = buildCase(golden);
      assert.ok(built, 'the case is in the table');
      const names = [...golden.gradients.keys()];
      const graph = trace(golden.name, { out: built.out, ...gradientsOf(built.out, names) });
      const given = { ...golden.inputs, ...built.given, grad_out: golden.gradientOfOut!.data };
      const { out, ...gradients } = interpret(graph, given).outputs;
      assert.is(out!.length, golden.out!.data.length);
      const error = relativeError(out!, golden.out!.data);
      assert.ok(error <= tolerance, `error ${error}\n${printGraph(graph)}`);
      assert.ok(names.length > 0, 'there are gradients to compare');
      for (const name of names) {
        const off = relativeError(gradients[`grad/${name}`]!, golden.gradients.get(name)!.data);
        assert.ok(off <= tolerance, `error of the gradient of ${name}: ${off}\n${printGraph(graph)}`);
      }
    });
  }
}

test.run();
