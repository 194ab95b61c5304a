// The files of a tar archive, one at a time, as they come; modern-tar knows the format.
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar';
import { MmgemError } from '../errors.ts';
import { concatenate } from './chunks.ts';

export interface TarFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A file that claims to be larger is no part of a record. */
const maxFileBytes = 256 * 2 ** 20;

/**
 * @param archiveName what errors call the archive
 * @param wanted files whose path it refuses are passed over without being kept in memory
 * @throws MmgemError naming the last file that was read when the archive is damaged or truncated; it may be one or two before
 * the damage, because the decoder reads ahead
 */
export async function* tarFiles(
  chunks: AsyncIterable<Uint8Array>,
  archiveName: string,
  wanted: (path: string) => boolean,
): AsyncGenerator<TarFile, void> {
  const entries = webStream(chunks)
    .pipeThrough(createTarDecoder({ strict: true }))
    .getReader();
  let last: string | undefined;
  try {
    for (;;) {
      const { done, value: entry } = await entries.read();
      if (done) return;
      const path = entry.header.name;
      if (entry.header.type === 'file' && wanted(path)) yield { path, bytes: await bytesOf(entry, archiveName) };
      else await entry.body.cancel();
      last = path;
    }
  } catch (error) {
    throw damaged(archiveName, last, error);
  } finally {
    await entries.cancel().catch(() => undefined); // after an error there is nothing left to cancel
  }
}

async function bytesOf({ header, body }: ParsedTarEntry, archiveName: string): Promise<Uint8Array> {
  if (header.size > maxFileBytes) {
    throw new MmgemError(
      `${archiveName}: ${header.name} claims to have ${header.size} bytes, beyond the ${maxFileBytes} of a file that is ` +
        'part of a record. The archive is damaged, or holds something else than records.',
    );
  }
  const parts: Uint8Array[] = [];
  const reader = body.getReader();
  for (let length = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return concatenate(parts, length);
    parts.push(value);
    length += value.length;
  }
}

/** Bytes as the decoder wants them. Cancelling the stream ends the iteration. */
function webStream(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

function damaged(archiveName: string, last: string | undefined, error: unknown): unknown {
  if (error instanceof MmgemError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  const place =
    last === undefined ? 'is no tar archive, or damaged at its start' : `is damaged or truncated behind ${last}`;
  return new MmgemError(`${archiveName}: ${place} (${detail}). Get it again, or take it out of the data.`, {
    cause: error,
  });
}
