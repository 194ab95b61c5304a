/** `mmgem demo`: what a model makes of pictures, in the terminal and as a page. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { demonstrate } from '../../demo/demo.ts';
import { demoJson } from '../../demo/json.ts';
import { demoPage } from '../../demo/page/page.ts';
import { demoText } from '../../demo/summary.ts';
import { writeAtomically } from '../../files.ts';
import { addModelOptions, type ModelOptions } from '../model-options.ts';
import { repeated, wholeNumber } from '../options.ts';
import type { Answer, Run, Session } from '../session.ts';

interface DemoCommandOptions extends ModelOptions {
  readonly text?: readonly string[];
  readonly seed: number;
  readonly all?: boolean;
  readonly out?: string;
}

export function registerDemo(program: Command, run: Run): void {
  const command = program
    .command('demo')
    .argument('[images...]', 'JPEG, PNG or WebP files to show beside the scenes that are drawn')
    .description('draw scenes, caption, rank and search them, and write a page that shows it')
    .option('-t, --text <text>', 'something to look for in the pictures; may be repeated', repeated)
    .option('--seed <number>', 'of the scenes: another one draws others', wholeNumber(), 1)
    .option('--all', 'compare with every backend that runs here, slow software drivers too')
    .option('-o, --out <file>', 'the HTML page to write (default: a new file among the temporary ones)');
  addModelOptions(command).action(run.action(demo));
}

async function demo(session: Session, images: readonly string[], options: DemoCommandOptions): Promise<Answer> {
  const { text: texts = [], all = false } = options;
  const shown = await demonstrate({ ...options, images, texts, all }, session);
  const out = options.out ?? join(await mkdtemp(join(tmpdir(), 'mmgem-')), 'demo.html');
  const page = new TextEncoder().encode(await demoPage(shown));
  await writeAtomically(out, (writer) => writer.write(page), page.length);
  const agree = shown.comparisons.every(
    (comparison) => !('failed' in comparison || ('agrees' in comparison && !comparison.agrees)),
  );
  return { json: demoJson(shown, out), text: demoText(shown, out), ok: agree };
}
