// Tests of the beam search, for any engine: against all texts that there are, and against greedy ones.
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { dim, input, interpret, trace } from '../../dsl/index.ts';
import { beamSearch, candidatesFor } from '../../model/generate/beam.ts';
import { type GenerationOptions, generationSettings } from '../../model/generate/options.ts';
import { Steps } from '../../model/generate/steps.ts';
import { captionLogits, imagePrefix } from '../../model/graph/mmgem.ts';
import { modelGraph } from '../../model/graph/model.ts';
import type { GraphEngine } from '../../model/session/programs.ts';
import { type GoldenModel, goldenModel } from './golden-model.ts';
import { goldenPrograms } from './golden-programs.ts';

/** Ids below this are words of the test's little language; one of them is EOS. */
const words = 8;
const images = 2;

export async function registerBeamTests(test: Test, engine: GraphEngine): Promise<void> {
  const golden = await goldenModel('tiny');
  const { eos } = golden.config.tokens;
  const beams = words - 1;
  const limits = { maxBatch: images * beams };
  const programs = goldenPrograms(golden, engine, limits, { below: words, except: [] });

  const search = async (options: GenerationOptions) => {
    const side = golden.batch.images!.length / 6;
    const pixels = (golden.batch.images as Float32Array).slice(0, images * side);
    await programs.run({ name: 'imageFeatures' }, { images: pixels }, { B: images });
    await programs.run({ name: 'captionPrefix' }, {}, { B: images });
    const settings = generationSettings({ strategy: 'beam', ...options }, 12);
    const candidates = candidatesFor(settings.beams, golden.config.language.vocab_size);
    const steps = new Steps(programs, { strategy: 'beam', capacity: 2 + settings.maxLength, candidates });
    return beamSearch(steps, { rows: images, tokens: 2 }, settings, eos);
  };

  for (const lengthPenalty of [0, 1, 3]) {
    test(`beam search finds the best of all texts of up to two tokens, length penalty ${lengthPenalty}`, async () => {
      const found = await search({ beams, maxLength: 2, lengthPenalty });
      for (const image of [0, 1]) assert.equal(found[image], bestText(golden, image, lengthPenalty), `image ${image}`);
    });
  }

  test('three beams find texts at least as likely as the greedy ones, in a batch as alone', async () => {
    const options = { maxLength: 6, minLength: 6, lengthPenalty: 0 };
    const [wide, narrow] = [await search({ beams: 3, ...options }), await search({ beams: 1, ...options })];
    for (const image of [0, 1]) {
      assert.is(wide[image]!.length, 6);
      const [better, greedy] = [wide, narrow].map((texts) => logProbability(golden, image, texts[image]!));
      assert.ok(better! >= greedy! - 1e-6, `image ${image}: ${better} is less than ${greedy}`);
    }
  });

  test('the beam search closes', () => programs.close());
}

/** ln P of each word after `ids`, by the interpreter; EOS may be left out. */
function nextLogProbabilities(
  golden: GoldenModel,
  image: number,
  ids: readonly number[],
  withoutEos = false,
): number[] {
  const m = modelGraph(golden.config);
  const { E } = m.dims;
  const one = dim('B', 1);
  const prefix = imagePrefix(m, input('embedding', [one, E]));
  const scores = captionLogits(m, prefix, input('ids', [one, dim('T', ids.length + 1)], 'i32'));
  const width = golden.config.embedding_size;
  const embedding = golden.forward.image_embedding!.subarray(image * width, (image + 1) * width);
  // One id more than there are: what stands behind changes nothing.
  const given = { ...golden.parameters, embedding, ids: [...ids, 0] };
  const { out } = interpret(trace('next', { out: scores }), given).outputs;
  const length = golden.config.language.vocab_size;
  const row = Array.from(out!.subarray(ids.length * length, ids.length * length + words));
  if (withoutEos) row[golden.config.tokens.eos] = Number.NEGATIVE_INFINITY;
  const total = Math.log(row.reduce((sum, score) => sum + Math.exp(score), 0));
  return row.map((score) => score - total);
}

/** The best of all texts: of nothing, of one word, of two words that need not end. */
function bestText(golden: GoldenModel, image: number, lengthPenalty: number): number[] {
  const { eos } = golden.config.tokens;
  const first = nextLogProbabilities(golden, image, []);
  const texts = [{ ids: [] as number[], value: first[eos]! }];
  for (const [a, score] of first.entries()) {
    if (a === eos) continue;
    for (const [b, more] of nextLogProbabilities(golden, image, [a]).entries()) {
      texts.push({ ids: b === eos ? [a] : [a, b], value: (score + more) / 2 ** lengthPenalty });
    }
  }
  return texts.reduce((a, b) => (b.value > a.value ? b : a)).ids;
}

function logProbability(golden: GoldenModel, image: number, ids: readonly number[]): number {
  return ids.reduce((sum, id, i) => sum + nextLogProbabilities(golden, image, ids.slice(0, i), true)[id]!, 0);
}
