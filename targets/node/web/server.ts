/** Serves a folder of static files, with ranges, and with the headers that isolate a page. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { isolation, types } from './headers.ts';
import { parseRange } from './ranges.ts';

export interface ServeOptions {
  /** Whether pages are isolated from others, and so have shared memory and threads. */
  readonly isolated: boolean;
}

/** A server of a folder, which listens as soon as it is told where. */
export function folderServer(folder: string, { isolated }: ServeOptions): Server {
  return createServer((request, response) => {
    answer(folder, isolated, request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
}

async function answer(
  folder: string,
  isolated: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const headers = { 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff', ...(isolated && isolation) };
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'Only GET and HEAD are served.');
  const path = fileOf(folder, request.url ?? '/');
  const info = path === undefined ? undefined : await stat(path).catch(() => undefined);
  if (path === undefined || !info?.isFile()) return refuse(response, 404, 'There is no such file.');
  const etag = `"${info.size.toString(16)}-${Math.floor(info.mtimeMs).toString(16)}"`;
  response.setHeader('Content-Type', types[extname(path)] ?? 'application/octet-stream');
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('ETag', etag);
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
  const range = parseRange(request.headers.range, info.size);
  if (range === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${info.size}`);
    return refuse(response, 416, 'The file ends before this range.');
  }
  const { first, last } = range ?? { first: 0, last: info.size - 1 };
  if (range) response.setHeader('Content-Range', `bytes ${first}-${last}/${info.size}`);
  response.setHeader('Content-Length', last - first + 1);
  response.writeHead(range ? 206 : 200);
  if (request.method === 'HEAD' || info.size === 0) return void response.end();
  createReadStream(path, { start: first, end: last })
    .on('error', (error) => response.destroy(error))
    .pipe(response);
}

/** The file that a URL names; undefined for one outside of the folder. */
export function fileOf(folder: string, url: string): string | undefined {
  let path: string;
  try {
    path = decodeURIComponent(url.split(/[?#]/)[0]!);
  } catch {
    return undefined;
  }
  if (path.includes('\0')) return undefined;
  const file = normalize(join(folder, path.endsWith('/') ? `${path}index.html` : path));
  return file.startsWith(normalize(folder + sep)) ? file : undefined;
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
