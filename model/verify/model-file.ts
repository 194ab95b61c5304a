/** Golden files of whole models: `tiny_forward.safetensors` and what stands beside it. */
import { MmgemError } from '../errors.ts';
import type { FileStore } from '../files/source.ts';
import type { GoldenFile } from './golden-file.ts';
import { partOf, readGoldenModel } from './golden-model.ts';
import { verifyForward } from './model-forward.ts';
import { trainingFiles, verifyTraining } from './model-training.ts';
import type { VerifyRow } from './row.ts';
import type { GraphRunner } from './runner.ts';

/** What the other parts start from. */
const sources = ['params', 'batch'];

/**
 * The rows of a model's forward pass or training; none for its parameters and its batch.
 * @throws MmgemError when the file's name tells no part, or its model's parameters or batch cannot be read
 */
export async function* verifyModelFile(
  store: FileStore,
  file: GoldenFile,
  runner: GraphRunner,
): AsyncGenerator<VerifyRow, void> {
  const part = [...sources, 'forward', ...trainingFiles].find((candidate) => file.name.endsWith(partOf('', candidate)));
  if (part === undefined) {
    throw new MmgemError(
      `${file.name}: its name says no part of a model that this version knows; update mmgem or take it away`,
    );
  }
  if (sources.includes(part)) return;
  const model = await readGoldenModel(store, file, file.name.slice(0, -partOf('', part).length));
  if (part === 'forward') yield* verifyForward(file, model, runner);
  else yield* verifyTraining(file, part, model, runner);
}
