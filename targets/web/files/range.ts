/** Downloads a part of a file, going on where an interruption stopped it. */
import { checkAnswer, type Expected, isPartial, Mismatch, mismatchRemedies } from './answer.ts';
import type { Answer, Client } from './client.ts';

export interface RangeOptions {
  /** How the browser's own HTTP cache takes part. */
  readonly cache: RequestCache;
  /** Called with the number of bytes that are there, as they arrive. */
  readonly onBytes: (got: number) => void;
}

/**
 * The bytes from `begin` to before `end`. A server that knows no ranges sends the whole file instead: its answer is returned,
 * with nothing read of the body.
 * @throws Mismatch when the server has another file than the expected one, Unreachable, MmgemError when it has none
 */
export function downloadRange(
  client: Client,
  expected: Expected,
  [begin, end]: readonly [number, number],
  { cache, onBytes }: RangeOptions,
): Promise<Uint8Array<ArrayBuffer> | Answer> {
  const { url, size, from } = expected;
  const bytes = new Uint8Array(end - begin);
  let got = 0;
  return client.retry(url, async (progressed) => {
    const range = `bytes=${begin + got}-${end - 1}`;
    const answer = await client.send(url, { headers: { range }, cache });
    try {
      checkAnswer(answer.response, expected, begin + got);
    } catch (error) {
      answer.cancel();
      throw error;
    }
    const isWhole = !isPartial(answer.response);
    if (isWhole && (begin > 0 || end < size)) return answer;
    if (isWhole) got = 0;
    for await (const chunk of answer.chunks()) {
      if (got + chunk.byteLength > bytes.byteLength) {
        throw new Mismatch(`${url}: more bytes came than the ${end - begin} asked for. ${mismatchRemedies[from]}`);
      }
      bytes.set(chunk, got);
      got += chunk.byteLength;
      progressed(chunk.byteLength);
      onBytes(got);
    }
    if (got < bytes.byteLength) throw client.endedEarly(got, bytes.byteLength);
    return bytes;
  });
}
