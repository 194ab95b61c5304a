/** `mmgem search`: ranks the images of a folder by a text. */
import type { Command } from 'commander';
import { directoryStore } from '../../files.ts';
import { addModelOptions, type ModelOptions, modelDirectory, withModel } from '../model-options.ts';
import { wholeNumber } from '../options.ts';
import { fingerprint } from '../search/fingerprint.ts';
import { indexName } from '../search/index-file.ts';
import { type Update, updateIndex } from '../search/update.ts';
import type { Answer, Run, Session } from '../session.ts';
import { formatTable } from '../table.ts';

interface SearchOptions extends ModelOptions {
  readonly top: number;
}

export function registerSearch(program: Command, run: Run): void {
  const command = program
    .command('search')
    .argument('<folder>', 'JPEG, PNG and WebP files, in folders below it, too')
    .argument('<query>', 'what to look for')
    .description(`rank the images of a folder by a text; their embeddings are kept in the folder's ${indexName}`)
    .option('--top <number>', 'how many images to print', wholeNumber(1), 10);
  addModelOptions(command).action(run.action(search));
}

async function search(session: Session, folder: string, query: string, options: SearchOptions): Promise<Answer> {
  const { update, text } = await withModel(session, options, ['embed'], async (model) => {
    // The query first: should there be something wrong with it, nothing has been embedded in vain.
    const [embedding] = (await model.embedTexts([query])) as [Float32Array];
    const brought = await updateIndex({
      folder,
      model: await fingerprint(directoryStore(modelDirectory(options))),
      embed: (images) => model.embedImages(images),
      onNote: (message) => session.note(`mmgem: ${message}`),
      onProgress: (done, total, file) => session.progress.report('embedding images', done, total, file),
    });
    return { update: brought, text: embedding };
  });
  session.progress.stop();
  for (const { reason } of update.skipped) session.note(`mmgem: skipped: ${reason}`);
  const ranked = update.index.files
    .map(({ name, embedding }) => ({
      file: name,
      score: embedding.reduce((sum, value, i) => sum + value * text[i]!, 0),
    }))
    .sort((a, b) => b.score - a.score);
  const results = ranked.slice(0, options.top);
  const { embedded, reused, removed, skipped } = update;
  return {
    json: { folder, query, results, images: ranked.length, index: { embedded, reused, removed, skipped } },
    text: [listing(results), '', summary(update, ranked.length)].join('\n'),
  };
}

function listing(results: readonly { readonly file: string; readonly score: number }[]): string {
  return formatTable(
    results.map(({ file, score }, i) => [`${i + 1}`, score.toFixed(4), file]),
    ['right', 'right', 'left'],
  );
}

function summary({ embedded, reused, removed, skipped }: Update, images: number): string {
  const parts = [`${images} images`, `${embedded} embedded now`, `${reused} from the index`];
  if (removed > 0) parts.push(`${removed} no longer there`);
  if (skipped.length > 0) parts.push(`${skipped.length} skipped`);
  return parts.join(', ');
}
