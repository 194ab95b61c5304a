// Captions of whole images: like what people wrote, and true where truth is known.
import { ciderD } from '../cider.ts';
import type { EvaluationItem, Verdict } from '../item.ts';
import type { Measure } from '../measure.ts';
import { truth } from '../verdicts.ts';
import { outcomesOf } from './outcomes.ts';
import { assertSome, type Example, exampleCount, type Skipped, type Suite } from './suite.ts';

export const captions: Suite = {
  title: 'captions',
  prepare: ['caption'],
  needs: 'captions, nor a judge of them',
  fits: ({ captions, judge }) => captions.length > 0 || judge !== undefined,
  run: async (evaluation, items) => {
    const written = await outcomesOf(
      items,
      evaluation.batch,
      (part) =>
        evaluation.model.captions(
          part.map(({ image }) => image),
          evaluation.captionOptions,
        ),
      (done, total) => evaluation.report('writing captions', done, total),
    );
    const skipped: Skipped[] = [];
    const captioned: Captioned[] = [];
    for (const [i, item] of items.entries()) {
      const { result, reason } = written[i]!;
      if (reason !== undefined) skipped.push({ key: item.key, reason });
      else captioned.push(captionedOf(item, result));
    }
    assertSome(captioned.length, 'images to caption', skipped);
    return { ...captionMeasures(captioned), used: { images: captioned.length }, skipped };
  },
};

const captionedOf = (item: EvaluationItem<unknown>, text: string): Captioned => ({
  key: item.key,
  item: item.key,
  text,
  references: item.captions,
  verdict: item.judge?.(text),
});

/** A text that the model wrote, and what there is to hold it against. */
export interface Captioned extends Pick<Example, 'key' | 'item' | 'box'> {
  readonly text: string;
  readonly references: readonly string[];
  readonly verdict: Verdict | undefined;
}

/** The measures that captions allow, and some of them as examples. @param captioned at least one */
export function captionMeasures(captioned: readonly Captioned[]): {
  readonly measures: Readonly<Record<string, Measure>>;
  readonly notes: readonly string[];
  readonly examples: readonly Example[];
} {
  const verdicts = captioned.flatMap(({ verdict }) => (verdict ? [verdict] : []));
  const compared = captioned.filter(({ references }) => references.length > 0);
  const isAlone = compared.length === 1;
  return {
    measures: {
      ...(verdicts.length > 0 && truthMeasures(verdicts)),
      ...(compared.length > 1 && { 'CIDEr-D': ciderMeasure(compared) }),
    },
    notes: isAlone ? ['no CIDEr-D: of one image alone it is always 0'] : [],
    examples: captioned.slice(0, exampleCount).map(({ references, verdict, ...example }) => ({
      ...example,
      right: references,
      ...(verdict && { verdict }),
    })),
  };
}

function truthMeasures(verdicts: readonly Verdict[]): Record<string, Measure> {
  const { accuracy, trueClaims, claimsPerText } = truth(verdicts);
  return {
    'right in every claim': accuracy,
    ...(trueClaims && { 'claims that are true': trueClaims }),
    'claims in a caption': claimsPerText,
  };
}

function ciderMeasure(compared: readonly Captioned[]): Measure {
  const texts = compared.map(({ text }) => text);
  const { score } = ciderD(
    texts,
    compared.map(({ references }) => references),
  );
  return { value: score, kind: 'score', cases: compared.length };
}
