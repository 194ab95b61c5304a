/** `mmgem import`: a model directory from a public vision transformer and a public Llama. */
import type { Command } from 'commander';
import { type ImportOptions, importModel } from '../../../../model/files/import.ts';
import { outputDirectory, weightsAt } from '../../files.ts';
import { choice, wholeNumber } from '../options.ts';
import type { Answer, Run, Session } from '../session.ts';

type Given = Pick<ImportOptions, 'imageSize' | 'embeddingSize' | 'dtype' | 'activation' | 'visionHeads' | 'seed'> & {
  readonly vision: string;
  readonly language: string;
  readonly out: string;
  readonly softPrompts?: number;
  readonly roiGrid?: number;
  readonly roiGridRetrieval?: number;
  readonly capFirst?: boolean;
  readonly maxTextLength?: number;
};

export function registerImport(program: Command, run: Run): void {
  const positive = wholeNumber(1);
  program
    .command('import')
    .description(
      'assemble a model directory from OpenCLIP, Hugging Face CLIP or timm vision weights and a Hugging Face Llama',
    )
    .requiredOption('--vision <path>', 'folder or safetensors file of the vision transformer')
    .requiredOption('--language <path>', 'folder of the Llama: config.json, weights, tokenizer.json')
    .requiredOption('--out <folder>', 'the model directory; it must not exist yet')
    .option(
      '--image-size <pixels>',
      "side of the image; positions are resized where it is not the checkpoint's",
      positive,
    )
    .option(
      '--embedding-size <width>',
      "E; otherwise that of the checkpoint's projection, or the vision width",
      positive,
    )
    .addOption(choice('--dtype <type>', 'of every tensor; otherwise each keeps its own', ['F32', 'F16', 'BF16']))
    .addOption(choice('--activation <name>', 'of the vision transformer', ['gelu', 'quick_gelu']))
    .option('--vision-heads <number>', 'heads of the vision transformer', positive)
    .option('--seed <number>', 'of the fresh tensors', wholeNumber())
    .option('--soft-prompts <number>', 'soft prompts before a region caption', positive)
    .option('--roi-grid <bins>', 'side of the RoIAlign grid before captions', positive)
    .option('--roi-grid-retrieval <bins>', 'side of the RoIAlign grid of region embeddings', positive)
    .option('--cap-first', "[CAP] stands before the image's token")
    .option('--max-text-length <tokens>', 'most tokens of a text', positive)
    .action(run.action(importCommand));
}

async function importCommand({ progress }: Session, options: Given): Promise<Answer> {
  const { vision, language, out, softPrompts, roiGrid, roiGridRetrieval, capFirst, maxTextLength, ...rest } = options;
  const { config, leftOut, notes } = await importModel({
    ...rest,
    vision: await weightsAt(vision),
    language: await weightsAt(language),
    out: outputDirectory(out),
    settings: given({
      soft_prompts: softPrompts,
      roi_grid: roiGrid,
      roi_grid_retrieval: roiGridRetrieval,
      cap_first: capFirst,
      max_text_length: maxTextLength,
    }),
    onProgress: (written, total) => progress.report(`writing ${out}`, written, total),
  });
  const ignored = leftOut.length === 0 ? [] : [`left out, as the model has no place for them: ${leftOut.join(', ')}`];
  return {
    json: { out, config, leftOut, notes },
    text: [
      `${out}: assembled from ${vision} and ${language}`,
      ...[...notes, ...ignored].map((note) => `  - ${note}`),
    ].join('\n'),
  };
}

/** The settings that have a value. */
function given<T extends Record<string, unknown>>(settings: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: NonNullable<T[Key]>;
  };
}
