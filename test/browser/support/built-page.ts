/** The page that mmgem comes with, built into a folder of its own, on a site that can misbehave. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPage } from '../../../targets/node/web/build.ts';
import { Site } from './site.ts';

export interface PageSite extends AsyncDisposable {
  readonly site: Site;
  /** The folder that the site serves; a test may put more into it. */
  readonly folder: string;
}

/** Builds the page as `npm run web` does, with the packaged model, and serves it. */
export async function buildPageSite(): Promise<PageSite> {
  const folder = await mkdtemp(join(tmpdir(), 'mmgem-web-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await buildPage({ out: folder });
    const site = await Site.open({ '/': folder });
    return {
      site,
      folder,
      async [Symbol.asyncDispose]() {
        await site[Symbol.asyncDispose]();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
