// report.html in the folder of a run: made anew from metrics.jsonl and examples.json whenever it is due.
import { readJson } from '../files/source.ts';
import type { RunFolder } from './folder.ts';
import { readMetrics } from './metrics.ts';
import { type Report, reportHtml } from './report/page.ts';
import type { Example } from './seam.ts';

export const reportFile = 'report.html';
const examplesFile = 'examples.json';

/** Keeps the pictures of the last evaluation for the report; what is said of them stands in the metrics. */
export async function writeExamples(folder: RunFolder, examples: readonly Example[]): Promise<void> {
  const pictures = examples.map(({ name, picture, truth }) => ({ name, picture, truth }));
  await folder.write(examplesFile, `${JSON.stringify(pictures, null, 2)}\n`);
}

/** Writes the report of what the folder's files say now. */
export async function writeReport(folder: RunFolder, about: Omit<Report, 'lines' | 'examples'>): Promise<void> {
  const store = folder.store();
  const examples = (await store.exists(examplesFile)) ? await readJson(store, examplesFile) : [];
  const lines = await readMetrics(folder);
  await folder.write(reportFile, reportHtml({ ...about, lines, examples: examples as Report['examples'] }));
}
