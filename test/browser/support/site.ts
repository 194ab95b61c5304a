/** A web server for tests: folders, with or without the headers that isolate a page, and with the accidents of real networks. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** What makes `crossOriginIsolated` true, and with it shared memory and threads possible. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

export interface SiteOptions {
  /** Folders by the path that they appear under: `{ '/': DIST, '/golden/': GOLDEN }`. The longest path that fits counts. */
  readonly folders: Readonly<Record<string, string>>;
  /** Whether pages are cross-origin isolated. */
  readonly isolated: boolean;
}

/** What happens to requests whose path matches. */
export interface Accident {
  readonly path: RegExp;
  /** The connection is cut after so many bytes of the body. */
  readonly cutAfter: number;
  /** How many requests it happens to; all unless told. */
  times?: number;
}

export interface SeenRequest {
  readonly path: string;
  readonly range: string | undefined;
}

/** A server on localhost, which browsers trust as they trust HTTPS. */
export class Site implements AsyncDisposable {
  /** Every request so far. */
  readonly requests: SeenRequest[] = [];
  /** What is to go wrong; the first that fits a path counts. */
  readonly accidents: Accident[] = [];
  #options: SiteOptions;
  #server = createServer((request, response) => {
    void this.#answer(request, response).catch(() => response.destroy());
  });
  #port = 0;

  private constructor(options: SiteOptions) {
    this.#options = options;
  }

  static async open(options: SiteOptions): Promise<Site> {
    const site = new Site(options);
    await site.comeBack();
    return site;
  }

  get origin(): string {
    return `http://localhost:${this.#port}`;
  }

  /** Cuts all connections and takes no more. */
  async goAway(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Listens again, on the same port. */
  async comeBack(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, () => resolve());
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.goAway();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? '/', this.origin).pathname);
    this.requests.push({ path, range: request.headers.range });
    if (this.#options.isolated) for (const [name, value] of Object.entries(isolation)) response.setHeader(name, value);
    const file = await this.#find(path);
    if (!file) return void response.writeHead(404, { 'Content-Type': 'text/plain' }).end(`There is no ${path}.`);
    const range = readRange(request.headers.range, file.size);
    if (range === 'unsatisfiable') {
      return void response.writeHead(416, { 'Content-Range': `bytes */${file.size}` }).end();
    }
    const { start, end } = range ?? { start: 0, end: file.size };
    response.writeHead(range ? 206 : 200, {
      'Content-Type': types[extname(file.path)] ?? 'application/octet-stream',
      'Content-Length': end - start,
      'Accept-Ranges': 'bytes',
      ETag: file.tag,
      'Last-Modified': file.modified.toUTCString(),
      ...(range && { 'Content-Range': `bytes ${start}-${end - 1}/${file.size}` }),
    });
    if (request.method === 'HEAD' || end === start) return void response.end();
    await this.#send(path, response, file.path, start, end);
  }

  async #send(path: string, response: ServerResponse, file: string, start: number, end: number): Promise<void> {
    const accident = this.accidents.find((one) => one.path.test(path) && (one.times ?? 1) > 0);
    if (!accident) return pipeline(createReadStream(file, { start, end: end - 1 }), response);
    if (accident.times !== undefined) accident.times--;
    const sent = Math.min(end - start, accident.cutAfter);
    if (sent > 0) await pipeline(createReadStream(file, { start, end: start + sent - 1 }), response, { end: false });
    // What was written is to arrive before the connection is cut.
    await new Promise((resolve) => setTimeout(resolve, 50));
    response.destroy();
  }

  async #find(path: string): Promise<{ path: string; size: number; modified: Date; tag: string } | undefined> {
    const prefixes = Object.keys(this.#options.folders).sort((a, b) => b.length - a.length);
    const prefix = prefixes.find((one) => path.startsWith(one));
    if (prefix === undefined) return undefined;
    const inside = normalize(`/${path.slice(prefix.length)}`);
    const full = join(this.#options.folders[prefix]!, inside.endsWith('/') ? `${inside}index.html` : inside);
    const found = await stat(full).catch(() => undefined);
    if (!found?.isFile()) return undefined;
    return { path: full, size: found.size, modified: found.mtime, tag: `"${found.size}-${found.mtimeMs}"` };
  }
}

/** The half-open range of a header such as `bytes=100-199`; undefined without one, or with one that may be ignored. */
function readRange(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return start < end ? { start, end } : 'unsatisfiable';
}
