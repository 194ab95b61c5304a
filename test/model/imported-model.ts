// A model assembled from the public weights beside the repository, in a temporary folder.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importModel } from '../../model/files/import.ts';
import { directoryStore, outputDirectory } from '../../targets/node/files.ts';

/** @param weights the folder `weights` of the shared data */
export async function withImportedModel(weights: string, use: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mmgem-model-'));
  try {
    const path = join(folder, 'model');
    await importModel({
      vision: directoryStore(join(weights, 'vit_tiny_patch16_224')),
      language: directoryStore(join(weights, 'stories260K')),
      out: outputDirectory(path),
    });
    await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}
