// Training on every target: interrupted or not the same, and the numbers of wasm as `auto` builds it.
import { join } from 'node:path';
import { suite } from 'uvu';
import { removeTemporaryFolders, temporaryFolder } from '../cli/support.ts';
import { currentTarget } from '../support/backends.ts';
import {
  assertClose,
  assertParametersClose,
  assertSame,
  metricsOf,
  run,
  runUntil,
  tensorsOf,
  writeRun,
} from './small-run.ts';

const { name, backend, simd } = currentTarget();
const test = suite(`training on ${name}`);
test.after(removeTemporaryFolders);

const engine = { backend, ...(simd && { simd }) };

test('three steps, interrupted or not, and evaluated, are those of wasm within float32', async () => {
  const folder = await temporaryFolder();
  const [here, parted, onWasm] = ['here', 'parted', 'wasm'].map((path) => join(folder, path)) as [
    string,
    string,
    string,
  ];
  const changes = { steps: 3, checkpoint: { every: { steps: 1 }, keep: 3 } };
  await run(await writeRun(here, changes), { engine });
  const path = await writeRun(parted, changes);
  await runUntil(path, 2, { engine });
  await run(path, { engine, resume: true });
  await run(await writeRun(onWasm, { ...changes, evaluation: undefined }));
  assertSame(await tensorsOf(parted, 3), await tensorsOf(here, 3));
  const due = await metricsOf(onWasm);
  for (const [i, { losses }] of (await metricsOf(here)).entries()) {
    for (const [loss, value] of Object.entries(losses)) assertClose(value!, due[i]!.losses[loss]!, 2e-4, loss);
  }
  assertParametersClose(await tensorsOf(here, 3), await tensorsOf(onWasm, 3), 5e-3);
});

test.run();
