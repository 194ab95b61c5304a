/**
 * `mmgem verify`: runs everything that a folder of golden files holds on a backend and compares. It is how a user checks
 * a backend on their own machine.
 */
import { MmgemError } from '../errors.ts';
import type { FileStore } from '../files/source.ts';
import { type GoldenFile, holdsCases, readGolden } from './golden-file.ts';
import { verifyModelFile } from './model-file.ts';
import { verifyOperators } from './operators.ts';
import { verifyResize } from './resize.ts';
import { failedRow, type VerifyRow } from './row.ts';
import type { GraphRunner } from './runner.ts';

export { type EngineRunner, engineRunner } from './engine-runner.ts';
export { type VerifyRow, worstLast } from './row.ts';
export { type GraphRunner, interpreterRunner } from './runner.ts';

export interface VerifyOptions {
  /** Only files whose name matches. */
  readonly only?: RegExp;
  /** Called before each file. */
  readonly onFile?: (file: string, index: number, count: number) => void;
}

/**
 * Every tensor of every golden file (`*.safetensors`) of the folder beside its tolerance, as soon as it is known. Files of
 * parameters and batches have no rows: they are what the others of the same model start from. A file that cannot be read
 * or a case that cannot run is a row that is not ok; the rest still runs. `worstLast` sorts rows for a final listing.
 * @throws MmgemError when the folder cannot be read or holds no golden file
 */
export async function* verifyDirectory(
  store: FileStore,
  runner: GraphRunner,
  { only = /(?:)/, onFile }: VerifyOptions = {},
): AsyncGenerator<VerifyRow, void> {
  const files = (await store.list()).filter((name) => name.endsWith('.safetensors') && only.test(name));
  if (files.length === 0) {
    throw new MmgemError(
      `${store.name}: holds no golden files (names that end in .safetensors). Name the folder that make_golden.py wrote.`,
    );
  }
  for (const [index, name] of files.entries()) {
    onFile?.(name, index, files.length);
    yield* verifyFile(store, name, runner);
  }
}

async function* verifyFile(store: FileStore, name: string, runner: GraphRunner): AsyncGenerator<VerifyRow, void> {
  try {
    const file = await readGolden(store, name);
    yield* verifyContents(store, file, runner);
  } catch (error) {
    yield failedRow({ file: name, case: '*', tensor: '*' }, error);
  }
}

async function* verifyContents(
  store: FileStore,
  file: GoldenFile,
  runner: GraphRunner,
): AsyncGenerator<VerifyRow, void> {
  if (file.metadata.has('config')) yield* verifyModelFile(store, file, runner);
  else if (file.tensors.has('0/image')) yield* verifyResize(file);
  else if (holdsCases(file)) yield* verifyOperators(file, runner);
  else throw new MmgemError(`${file.name}: is no golden file that this version knows; update mmgem or take it away`);
}
