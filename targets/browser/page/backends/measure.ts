/** How fast a model is on one backend, and what it answers: for comparing two. */
import type { RgbImage } from '../../../../model/preprocess/image.ts';
import type { ModelSession } from '../work/session.ts';

export interface Measured {
  readonly embedMilliseconds: number;
  /** Absent for a caption of fewer than two tokens. */
  readonly tokenMilliseconds?: number;
  readonly memoryBytes: number;
  readonly embedding: Float32Array;
  readonly caption: string;
}

/** Repetitions, and milliseconds after which no more begin. */
const [repetitions, budget] = [7, 2500];

/** Everything is done once before time is taken. */
export async function measureSession(
  session: ModelSession,
  image: RgbImage,
  now: () => number = () => performance.now(),
): Promise<Measured> {
  const embedding = await session.embedImage(image);
  const first = await captionTimed(session, image, now);
  const embeds = await repeated(now, async () => {
    const begin = now();
    await session.embedImage(image);
    return now() - begin;
  });
  const tokens = await repeated(now, async () => (await captionTimed(session, image, now)).tokenMilliseconds);
  const perToken = tokens.filter((time) => time !== undefined);
  return {
    embedMilliseconds: median(embeds),
    ...(perToken.length > 0 && { tokenMilliseconds: median(perToken) }),
    memoryBytes: await session.memory(),
    embedding,
    caption: first.text,
  };
}

/** The caption, and the mean time from one token to the next. */
async function captionTimed(session: ModelSession, image: RgbImage, now: () => number) {
  const pieces: string[] = [];
  const times: number[] = [];
  for await (const piece of session.caption(image, { signal: new AbortController().signal })) {
    pieces.push(piece);
    times.push(now());
  }
  const tokenMilliseconds = times.length > 1 ? (times.at(-1)! - times[0]!) / (times.length - 1) : undefined;
  return { text: pieces.join('').trim(), tokenMilliseconds };
}

async function repeated<Result>(now: () => number, work: () => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  const begin = now();
  while (results.length < repetitions && (results.length === 0 || now() - begin < budget)) results.push(await work());
  return results;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
