/** The files that browsers are given in a run of the benchmark: the page, the package's workers, the model. */
import { join } from 'node:path';
import { putModel } from '../../targets/node/web/model.ts';
import { bundlePage } from '../../test/browser/support/bundle.ts';
import { type TemporaryFolder, temporaryFolder } from '../../test/browser/support/temporary-folder.ts';
import { repositoryRoot } from '../../test/support/repository.ts';
import { modelFolder } from './tasks.ts';

/**
 * Makes the folder. The model comes with kernels for the builds that browsers have, and with a manifest, as pages should be given it.
 * @param model a model directory; the packaged one unless told
 */
export async function makeSiteFolder(model: string | undefined): Promise<TemporaryFolder> {
  const folder = await temporaryFolder();
  try {
    await bundlePage('model-page', folder.path, join(repositoryRoot, 'bench', 'browser'));
    await putModel(join(folder.path, modelFolder), model);
    return folder;
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}
