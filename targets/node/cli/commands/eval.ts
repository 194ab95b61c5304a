/** `mmgem eval`: how good a model is on data of which something is known. */
import { basename, dirname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { MmgemError } from '../../../../dsl/errors.ts';
import { type ImageTools, type NamedImage, pixelsOf } from '../../../../model/data/prepare.ts';
import { scenesFormat } from '../../../../model/data/sources/scenes.ts';
import { evaluate, suitesFor } from '../../../../model/evaluate/evaluate.ts';
import { type SuiteName, suiteNames, suites } from '../../../../model/evaluate/suites/suites.ts';
import type { Preparation } from '../../../../model/load.ts';
import { type OpenedItems, openItems } from '../../data/items.ts';
import { describeNamed } from '../../data/named.ts';
import { imageTools } from '../../data/tools.ts';
import { directoryStore, writeAtomically } from '../../files.ts';
import { nodeHost } from '../../host.ts';
import { evaluationText } from '../evaluation-text.ts';
import { addModelOptions, type ModelOptions, withHostedModel } from '../model-options.ts';
import { wholeNumber } from '../options.ts';
import type { Answer, Run, Session } from '../session.ts';

interface EvalOptions extends ModelOptions {
  readonly data?: string;
  readonly scenes?: number;
  readonly seed?: number;
  readonly suites?: readonly SuiteName[];
  readonly limit?: number;
  readonly classes?: string;
  readonly templates?: string;
  readonly group?: number;
  readonly batch?: number;
  readonly maxLength?: number;
  readonly out?: string;
}

export function registerEval(program: Command, run: Run): void {
  const command = program
    .command('eval')
    .description('measure a model on data: retrieval, captions, classification, regions')
    .option(
      '-d, --data <path>',
      'a folder of .tar shards (WebDataset) or of images with .jsonl files, one such file, or a .json file that describes data',
    )
    .option('--scenes <number>', 'instead of --data: draw so many scenes that no training sees', wholeNumber(1))
    .option('--seed <number>', 'of the scenes; 0 unless told', wholeNumber())
    .option('--suites <names>', `some of ${suiteNames.join(',')}; all that the data allows unless told`, parseSuites)
    .option('--limit <number>', 'only the first so many items', wholeNumber(1))
    .option('--classes <file>', "classes for zero-shot, one a line; the data's labels unless told")
    .option('--templates <file>', 'sentences for zero-shot, one a line, with {} for the class')
    .option('--group <number>', 'images in a group within which texts are told apart (100 unless told)', wholeNumber(2))
    .option('--max-length <tokens>', 'most tokens of a generated caption', wholeNumber(1))
    .option('--batch <number>', 'images and texts that the model takes at a time (16 unless told)', wholeNumber(1))
    .option('-o, --out <file>', 'write what --json prints to a file, too');
  addModelOptions(command).action(run.action(evalCommand));
}

function parseSuites(text: string): readonly SuiteName[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(suites, name));
  if (unknown === undefined) return names as SuiteName[];
  throw new InvalidArgumentError(`There is no suite ${JSON.stringify(unknown)}. Choose among ${suiteNames.join(',')}.`);
}

async function evalCommand(session: Session, options: EvalOptions): Promise<Answer> {
  const [classes, templates] = await Promise.all([linesOf(options.classes), linesOf(options.templates)]);
  const tools = await imageTools();
  const { name, items, broken, areDistinct } = await itemsFor(session, options, tools);
  const names = suitesFor(items, options.suites);
  const warnings = new Set<string>();
  const host = { ...nodeHost, decodeImage: (image: NamedImage) => pixelsOf(image, tools) };
  const loading = {
    prepare: [...new Set(names.flatMap((name): readonly Preparation[] => suites[name].prepare))],
    maxBatch: options.batch,
    onWarning: (message: string) => void warnings.add(message),
  };
  const evaluated = await withHostedModel(host, session, options, loading, async (model, engine) => ({
    backend: `${engine.info.backend}: ${engine.info.description}`,
    suites: await evaluate(model, items, names, {
      classes,
      templates,
      areDistinct,
      groupSize: options.group,
      batch: options.batch,
      maxCaptionLength: options.maxLength,
      onProgress: (part, done, total) => session.progress.report(part, done, total),
    }),
  }));
  session.progress.stop();
  const document = {
    model: options.model,
    data: name,
    items: items.length,
    broken,
    warnings: [...warnings],
    ...evaluated,
  };
  if (options.out !== undefined) await writeJson(options.out, document);
  const written = options.out === undefined ? [] : ['', `written to ${options.out}`];
  return { json: document, text: [evaluationText(document), ...written].join('\n') };
}

interface Items extends OpenedItems {
  readonly name: string;
}

/** @throws MmgemError unless either data or scenes are asked for, and whatever reading the data throws */
async function itemsFor({ progress }: Session, options: EvalOptions, tools: ImageTools): Promise<Items> {
  const { data, scenes, seed, limit } = options;
  if (scenes === undefined && data !== undefined) {
    if (seed !== undefined) throw new MmgemError('--seed is that of scenes; it says nothing about --data');
    const onProgress = (read: number) => progress.report(`reading ${data}`, read, limit ?? 0);
    return { name: data, ...(await openItems(await describeNamed(data), tools, { limit, onProgress })) };
  }
  if (scenes === undefined || data !== undefined) {
    throw new MmgemError('say what to evaluate on: give either --data or --scenes');
  }
  const described = { json: { format: scenesFormat }, where: '--scenes' };
  const opened = await openItems(described, tools, { limit: Math.min(scenes, limit ?? scenes), seed });
  return { name: `scenes of seed ${seed ?? 0}`, ...opened };
}

/** Lines of a file that are not empty. @throws MmgemError when it cannot be read, or has none */
async function linesOf(path: string | undefined): Promise<readonly string[] | undefined> {
  if (path === undefined) return undefined;
  const text = await directoryStore(dirname(path)).readText(basename(path));
  const lines = text.split('\n').map((line) => line.trim());
  const filled = lines.filter((line) => line !== '');
  if (filled.length > 0) return filled;
  throw new MmgemError(`${path}: is empty. Write one class or sentence a line.`);
}

async function writeJson(path: string, document: unknown): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`);
  await writeAtomically(path, (writer) => writer.write(bytes), bytes.length);
}
