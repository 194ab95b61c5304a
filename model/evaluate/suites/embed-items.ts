// Images with texts, embedded: what several suites begin with.
import type { EvaluationItem } from '../item.ts';
import type { Evaluation } from './evaluation.ts';
import type { Skipped } from './suite.ts';

export interface EmbeddedText {
  readonly text: string;
  readonly embedding: Float32Array;
}

export interface EmbeddedItem<Image> {
  readonly item: EvaluationItem<Image>;
  readonly image: Float32Array;
  /** In the order in which they were given. */
  readonly texts: readonly EmbeddedText[];
}

export interface EmbeddedItems<Image> {
  readonly embedded: readonly EmbeddedItem<Image>[];
  readonly skipped: readonly Skipped[];
}

/** Embeds images and texts of theirs. An item is left out when its image, or any of its texts, cannot be embedded. */
export async function embedItems<Image>(
  evaluation: Evaluation<Image>,
  items: readonly EvaluationItem<Image>[],
  textsOf: (item: EvaluationItem<Image>) => readonly string[],
): Promise<EmbeddedItems<Image>> {
  const images = await evaluation.images(items);
  const texts = await evaluation.texts(items.flatMap(textsOf));
  const embedded: EmbeddedItem<Image>[] = [];
  const skipped: Skipped[] = [];
  for (const item of items) {
    const own = textsOf(item);
    const image = images.get(item)!;
    const reason = [image, ...own.map((text) => texts.get(text)!)].find((outcome) => outcome.reason)?.reason;
    if (reason !== undefined) skipped.push({ key: item.key, reason });
    else
      embedded.push({
        item,
        image: image.result!,
        texts: own.map((text) => ({ text, embedding: texts.get(text)!.result! })),
      });
  }
  return { embedded, skipped };
}
