/** The model that the page loads, put where the page looks for it. */
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { initModel } from '../../../model/files/init.ts';
import type { PageFile } from '../../browser/page/page-file.ts';
import { outputDirectory } from '../files.ts';
import { writeManifest } from '../manifest.ts';
import { hasPackagedModel, packagedModel, packagedTokenizer } from '../package-files.ts';

/** The files of a model directory that the page may read. */
const isModelFile = (name: string): boolean => /\.(json|safetensors)$/.test(name);

/**
 * Copies a model directory, the package's own where none is named; where that has no weights, makes a random one of its size.
 * A manifest beside it lets browsers check and keep what they download.
 * @returns which of these it is
 */
export async function putModel(out: string, named?: string): Promise<PageFile['origin']> {
  await rm(out, { recursive: true, force: true });
  const origin = await fill(out, named);
  await writeManifest(out);
  return origin;
}

async function fill(out: string, named?: string): Promise<PageFile['origin']> {
  if (named === undefined && !hasPackagedModel()) {
    await initModel({ config: 'nano', seed: 1, out: outputDirectory(out), tokenizer: packagedTokenizer('nano') });
    return 'random';
  }
  const from = named ?? packagedModel();
  await mkdir(out, { recursive: true });
  for (const name of (await readdir(from)).filter(isModelFile)) await cp(join(from, name), join(out, name));
  return named === undefined ? 'packaged' : 'named';
}
