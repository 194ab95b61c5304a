/** `mmgem caption`: captions of images or of a part of them. */
import type { Command } from 'commander';
import { MmgemError } from '../../../../dsl/errors.ts';
import type { GenerationOptions } from '../../../../model/generate/options.ts';
import type { CaptionOptions } from '../../../../model/mmgem.ts';
import { cornersOf, parseBox, type TypedBox } from '../box.ts';
import { addModelOptions, type ModelOptions, withModel } from '../model-options.ts';
import { choice, numberBetween, wholeNumber } from '../options.ts';
import type { Answer, Run, Session } from '../session.ts';

interface Options extends ModelOptions {
  readonly box?: TypedBox;
  readonly unit?: 'pixels' | 'fractions';
  readonly stream?: boolean;
  readonly beams?: number;
  readonly lengthPenalty?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

export function registerCaption(program: Command, run: Run): void {
  const command = program
    .command('caption')
    .argument('<images...>', 'JPEG, PNG or WebP files')
    .description('caption images, or with --box a part of each')
    .option(
      '--box <x,y,w,h>',
      'the part: upper left corner, width and height, in pixels unless --unit says fractions',
      parseBox,
    )
    .addOption(choice('--unit <unit>', 'what --box counts in', ['pixels', 'fractions']))
    .option('--stream', 'print words as they come')
    .option('--beams <number>', 'beam search that follows so many texts', wholeNumber(1))
    .option(
      '--length-penalty <number>',
      'beam search: above 1 favours long texts, below 1 short ones',
      numberBetween(-10, 10),
    )
    .option('--temperature <number>', 'draw words, the more freely the higher', numberBetween(0, 100))
    .option('--top-k <number>', 'draw among the so many most likely words', wholeNumber())
    .option('--top-p <number>', 'draw among the likely words that together reach this probability', numberBetween(0, 1))
    .option('--seed <number>', 'the same seed draws the same text', wholeNumber())
    .option('--min-length <tokens>', 'least tokens', wholeNumber())
    .option('--max-length <tokens>', 'most tokens', wholeNumber(1));
  addModelOptions(command).action(run.action(caption));
}

async function caption(session: Session, images: readonly string[], options: Options): Promise<Answer> {
  const region = options.box === undefined ? {} : cornersOf(options.box, options.unit);
  if (options.unit !== undefined && options.box === undefined) {
    throw new MmgemError('--unit says what a box counts in, but there is no --box; add one, or leave --unit out');
  }
  const settings: CaptionOptions = { ...generationOf(options), ...region };
  const captions = await withModel(session, options, ['caption'], async (model) => {
    if (options.stream !== true && options.box === undefined) return model.captions(images, settings);
    const texts: string[] = [];
    for (const image of images) {
      const label = images.length > 1 ? `${image}: ` : '';
      const pieces: string[] = [];
      for await (const piece of model.caption(image, settings)) {
        if (options.stream) session.stream(pieces.length === 0 ? label + piece : piece);
        pieces.push(piece);
      }
      if (options.stream) session.stream('\n');
      texts.push(pieces.join(''));
    }
    return texts;
  });
  const lines = captions.map((text, i) => (images.length > 1 ? `${images[i]}: ${text}` : text));
  return {
    json: { captions: captions.map((text, i) => ({ image: images[i], ...region, caption: text })) },
    text: options.stream ? '' : lines.join('\n'),
  };
}

/** The strategy follows from the options that are given: each belongs to one. */
function generationOf(options: Options): GenerationOptions {
  const { beams, lengthPenalty, temperature, topK, topP, seed, minLength, maxLength } = options;
  const searching = given({ beams, lengthPenalty });
  const drawing = given({ temperature, topK, topP, seed });
  const [search, draw] = [Object.keys(searching), Object.keys(drawing)];
  if (search.length > 0 && draw.length > 0) {
    throw new MmgemError(
      `${optionName(search[0]!)} asks for a beam search and ${optionName(draw[0]!)} for drawing words; give one or the other`,
    );
  }
  const strategy = search.length > 0 ? 'beam' : draw.length > 0 ? 'sample' : 'greedy';
  return { strategy, ...searching, ...drawing, ...given({ minLength, maxLength }) };
}

function given<T extends Readonly<Record<string, number | undefined>>>(options: T): Partial<Record<keyof T, number>> {
  const present = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Partial<Record<keyof T, number>>;
}

const optionName = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
