/** The page that mmgem comes with, built and served. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPage } from '../../../targets/node/web/build.ts';
import { smallModelFiles } from '../../model/small-model.ts';
import { bundlePage } from './bundle.ts';
import { Site } from './site.ts';

/**
 * Builds the page in `FOLDER/page` as `npm run web` does, and serves it; the test page `model` stands under `/model/`.
 * @param model the packaged one, which visitors meet, or one with random weights that runs in no time
 */
export async function servePage(folder: string, model: 'packaged' | 'small'): Promise<Site> {
  const [page, test, small] = ['page', 'test', 'small'].map((name) => join(folder, name)) as [string, string, string];
  if (model === 'small') await writeSmallModel(small);
  await buildPage({ out: page, ...(model === 'small' && { model: small }) });
  await bundlePage('model', test);
  return Site.open({ '/': page, '/model/': test });
}

async function writeSmallModel(folder: string): Promise<void> {
  await mkdir(folder);
  for (const [name, content] of Object.entries(await smallModelFiles())) await writeFile(join(folder, name), content);
}
