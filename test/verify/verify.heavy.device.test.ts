import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backends } from '#backends';
import { engineRunner, verifyDirectory } from '../../model/verify/verify.ts';
import { openEngine } from '../../runtime/engine.ts';
import { directoryStore } from '../../targets/node/files.ts';
import { currentTarget } from '../support/backends.ts';
import { goldenPath } from '../support/repository.ts';

const { name, backend, simd } = currentTarget();
const engine = await openEngine(backend, backends, { ...(simd && { simd }) });
const runner = engineRunner(engine);
const test = suite(`verify on ${name}`);
test.after(async () => {
  await runner.close();
  await engine.close();
});

/** Golden files, and how many tensors of each are compared. */
const operators: readonly (readonly [RegExp, number])[] = [
  [/^operators/, 50 + 82],
  [/^roi_align/, 6 + 6],
];
const models: readonly (readonly [RegExp, number])[] = [
  [/^tiny/, 12 + 184 + 12 + 9],
  [/^odd/, 12 + 247 + 12 + 9],
];
/** Where the hundreds of kernels of a whole model's training step take a quarter of an hour to compile, its stage 2 stands for it. */
const slowToCompile = ['dawn-swiftshader', 'deno-wgpu'];
const withoutStage1: readonly (readonly [RegExp, number])[] = [
  [/^tiny_(params|batch|forward|stage2)/, 12 + 12 + 9],
  [/^odd_(params|batch|forward)/, 12],
];
const files = [...operators, ...(slowToCompile.includes(name) ? withoutStage1 : models)];

for (const [only, count] of files) {
  test(`everything that ${only} holds is within its tolerance`, async () => {
    const failures: string[] = [];
    let compared = 0;
    for await (const row of verifyDirectory(directoryStore(goldenPath()), runner, { only })) {
      compared++;
      if (!row.ok)
        failures.push(`${row.file} ${row.case} ${row.tensor}: ${row.error} (${row.tolerance}) ${row.note ?? ''}`);
    }
    assert.is(failures.join('\n'), '');
    assert.is(compared, count);
  });
}

test.run();
