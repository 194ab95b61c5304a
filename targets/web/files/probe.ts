/** Asks a server whether it has a file, and how long it is. */
import { MmgemError } from '../../../model/errors.ts';
import { checkIsFile, isAbsent, sizeOf, validatorOf } from './answer.ts';
import type { Client } from './client.ts';

/** What a server said about a file without sending it. */
export interface Probed {
  readonly size: number;
  readonly validator?: string | undefined;
}

/**
 * Asks by HEAD, and where that gives no length by GET for the first byte.
 * @param once gives up after the first try
 * @returns undefined when the file is not there
 * @throws MmgemError when something else than the file is there, or nothing tells its length
 */
export async function probe(client: Client, url: string, once: boolean): Promise<Probed | undefined> {
  const headers = { range: 'bytes=0-' }; // means nothing to HEAD, but keeps servers from telling a compressed length
  const head = await ask(client, url, { method: 'HEAD', headers, cache: 'no-cache' }, once);
  if (isAbsent(head)) return undefined;
  if (head.ok) checkIsFile(head, url);
  const size = head.ok ? sizeOf(head) : undefined;
  if (size !== undefined) return { size, validator: validatorOf(head) };
  const first = await ask(client, url, { headers: { range: 'bytes=0-0' }, cache: 'no-cache' }, once);
  if (isAbsent(first)) return undefined;
  checkIsFile(first, url);
  const told = sizeOf(first) ?? sizeOf(head);
  if (told !== undefined) return { size: told, validator: validatorOf(first) };
  throw new MmgemError(
    `${url}: the server tells no length for it. Serve it with Content-Length, or put a files.json (mmgem manifest) beside it.`,
  );
}

async function ask(client: Client, url: string, init: RequestInit, once: boolean): Promise<Response> {
  return client.retry(
    url,
    async () => {
      const answer = await client.send(url, init);
      answer.cancel();
      return answer.response;
    },
    once,
  );
}
