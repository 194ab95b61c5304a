/** `mmgem manifest`: makes a model directory ready to be served to browsers. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { manifestName } from '../../../web/files/manifest.ts';
import { writeManifest } from '../../manifest.ts';
import type { Answer, Run, Session } from '../session.ts';

export function registerManifest(program: Command, run: Run): void {
  program
    .command('manifest')
    .description(`write ${manifestName} into a model directory that is to be served over HTTP`)
    .argument('<folder>', 'the model directory')
    .action(run.action(manifest));
}

async function manifest({ progress }: Session, folder: string): Promise<Answer> {
  const onProgress = (done: number, total: number) => progress.report(`reading ${folder}`, done, total);
  const { files } = await writeManifest(folder, { onProgress });
  const listed = [...files.values()].map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 }));
  const lines = listed.map(({ name, bytes, sha256 }) => `  ${sha256.slice(0, 12)}…  ${bytes}  ${name}`);
  const count = listed.length === 1 ? '1 file' : `${listed.length} files`;
  const out = join(folder, manifestName);
  return {
    json: { out, files: listed },
    text: [`${out}: lists ${count}; make it again whenever one changes`, ...lines].join('\n'),
  };
}
