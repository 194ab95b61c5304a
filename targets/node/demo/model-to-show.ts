/** Which model a demonstration shows. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initModel } from '../../../model/files/init.ts';
import type { ModelOptions } from '../cli/model-options.ts';
import { outputDirectory } from '../files.ts';
import { hasPackagedModel, packagedModel, packagedTokenizer } from '../package-files.ts';

export interface ShownModel {
  readonly directory: string;
  /** Its weights are random: what it says means nothing. */
  readonly isRandom: boolean;
  /** Removes what was made for the demonstration alone. */
  remove(): Promise<void>;
}

/** The model that is named, the package's own, or, in a copy of the package that has none, a random one of its size. */
export async function modelToShow({ model }: ModelOptions): Promise<ShownModel> {
  const keep = async (): Promise<void> => {};
  if (model !== undefined) return { directory: model, isRandom: false, remove: keep };
  if (hasPackagedModel()) return { directory: packagedModel(), isRandom: false, remove: keep };
  const folder = await mkdtemp(join(tmpdir(), 'mmgem-'));
  const directory = join(folder, 'nano');
  await initModel({ config: 'nano', seed: 1, out: outputDirectory(directory), tokenizer: packagedTokenizer('nano') });
  return { directory, isRandom: true, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** What is to be said of a random model, wherever it is shown. */
export const randomNote =
  'This copy of mmgem has no trained weights: the model is random, and what it says, finds and points at means nothing. ' +
  'mmgem train teaches it (model/nano/training/); --model shows another.';
