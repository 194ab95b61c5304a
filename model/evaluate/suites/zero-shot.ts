// Zero-shot classification of images that have a label.
import { MmgemError } from '../../errors.ts';
import type { EvaluationItem } from '../item.ts';
import type { Measure } from '../measure.ts';
import { classEmbeddings, defaultTemplates, fillTemplates, topK } from '../zero-shot.ts';
import type { Evaluation } from './evaluation.ts';
import { assertSome, type Skipped, type Suite } from './suite.ts';

export const zeroShot: Suite = {
  title: 'zero-shot classification',
  prepare: ['embed'],
  needs: 'label',
  fits: ({ label }) => label !== undefined,
  run: async (evaluation, items) => {
    const { templates = defaultTemplates } = evaluation.options;
    const classes = evaluation.options.classes ?? [...new Set(items.map(({ label }) => label!))].sort();
    const embeddings = await embedClasses(evaluation, classes, templates);
    const { images, labels, skipped } = await labelled(evaluation, items, classes);
    assertSome(images.length, 'images with a label', skipped);
    const places = [1, 5].filter((k) => k === 1 || k < classes.length);
    const measures = [...topK(images, embeddings, labels, places)].map(
      ([k, measure]) => [`top-${k}`, measure] as const,
    );
    return {
      measures: Object.fromEntries<Measure>(measures),
      used: { images: images.length, classes: classes.length, templates: templates.length },
      skipped,
      notes: [],
      examples: [],
    };
  },
};

/** @throws MmgemError for templates without a place for the name, or a sentence that cannot be embedded */
async function embedClasses(
  evaluation: Evaluation<unknown>,
  classes: readonly string[],
  templates: readonly string[],
): Promise<Float32Array[]> {
  const sentences = classes.map((name) => fillTemplates(templates, name));
  const embedded = await evaluation.texts(sentences.flat());
  const embeddingOf = (sentence: string): Float32Array => {
    const { result, reason } = embedded.get(sentence)!;
    if (result) return result;
    throw new MmgemError(`class sentence ${JSON.stringify(sentence)}: ${reason}`);
  };
  return classEmbeddings(sentences.map((all) => all.map(embeddingOf)));
}

/** The images that can be decoded and whose label is a class, with its number. */
async function labelled<Image>(
  evaluation: Evaluation<Image>,
  items: readonly EvaluationItem<Image>[],
  classes: readonly string[],
) {
  const numbers = new Map(classes.map((name, i) => [name, i]));
  const [images, labels, skipped]: [Float32Array[], number[], Skipped[]] = [[], [], []];
  const embedded = await evaluation.images(items);
  for (const item of items) {
    const { result, reason } = embedded.get(item)!;
    const label = numbers.get(item.label!);
    if (reason !== undefined) skipped.push({ key: item.key, reason });
    else if (label === undefined)
      skipped.push({ key: item.key, reason: `its label ${JSON.stringify(item.label)} is no class` });
    else {
      images.push(result);
      labels.push(label);
    }
  }
  return { images, labels, skipped };
}
