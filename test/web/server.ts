// A web server on localhost that serves files from memory, and misbehaves as told.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Files } from '../files/support.ts';

/** One request that came in. */
export interface Served {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
}

/** Answers a request itself; false leaves it to the server. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse, path: string) => boolean;

export interface TestServer extends AsyncDisposable {
  /** Of the folder. */
  readonly url: string;
  files: Files;
  /** Whether range requests are answered. */
  ranges: boolean;
  /** Whether answers carry an ETag. */
  validators: boolean;
  misbehave: Misbehaviour;
  readonly requests: Served[];
  /** Bytes of bodies that were written. */
  bytes: number;
  /** Ends the server, so that it cannot be reached. */
  stop(): Promise<void>;
  /** Forgets what was counted. */
  reset(): void;
}

export async function serve(files: Files): Promise<TestServer> {
  const http = createServer((request, response) => answer(request, response));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const stop = async () => {
    http.closeAllConnections();
    if (http.listening) await new Promise((resolve) => http.close(resolve));
  };
  const server: TestServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/model/`,
    files,
    ranges: true,
    validators: true,
    misbehave: () => false,
    requests: [],
    bytes: 0,
    stop,
    reset() {
      server.requests.length = 0;
      server.bytes = 0;
    },
    [Symbol.asyncDispose]: stop,
  };

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(new URL(request.url!, server.url).pathname).replace(/^\/model\//, '');
    const { range } = request.headers;
    server.requests.push({ method: request.method!, path, range });
    if (server.misbehave(request, response, path)) return;
    const content = server.files[path];
    if (content === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('none');
      return;
    }
    sendFile(server, request, response, content);
  }
  return server;
}

/** Sends a file as servers of static files do. */
function sendFile(
  server: TestServer,
  request: IncomingMessage,
  response: ServerResponse,
  content: Uint8Array | string,
): void {
  const file = bufferOf(content);
  const { body, status, headers } = answerFor(file, server.ranges ? request.headers.range : undefined);
  if (server.validators) headers.etag = etagOf(content);
  response.writeHead(status, { 'content-type': 'application/octet-stream', ...headers });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  server.bytes += body.byteLength;
  response.end(body);
}

interface Prepared {
  readonly status: number;
  readonly body: Buffer;
  readonly headers: Record<string, string | number>;
}

/** What a server of static files makes of a range. */
export function answerFor(file: Buffer, range: string | undefined): Prepared {
  const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
  if (match === null) return { status: 200, body: file, headers: { 'content-length': file.byteLength } };
  const begin = Number(match[1]);
  const end = Math.min(file.byteLength, match[2] === '' ? file.byteLength : Number(match[2]) + 1);
  if (begin >= file.byteLength) {
    return { status: 416, body: Buffer.alloc(0), headers: { 'content-range': `bytes */${file.byteLength}` } };
  }
  const body = file.subarray(begin, end);
  const headers = {
    'content-length': body.byteLength,
    'content-range': `bytes ${begin}-${end - 1}/${file.byteLength}`,
  };
  return { status: 206, body, headers };
}

/** The same memory. */
const bufferOf = (content: Uint8Array | string): Buffer =>
  typeof content === 'string'
    ? Buffer.from(content)
    : Buffer.from(content.buffer, content.byteOffset, content.byteLength);

const etags = new WeakMap<Uint8Array, string>();

function etagOf(content: Uint8Array | string): string {
  const known = typeof content === 'string' ? undefined : etags.get(content);
  const etag = known ?? `"${createHash('sha1').update(content).digest('hex')}"`;
  if (typeof content !== 'string') etags.set(content, etag);
  return etag;
}
