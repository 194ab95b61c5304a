/** The web server that mmgem's page comes with, for several folders, and with the accidents of real networks. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { folderServer } from '../../../targets/node/web/server.ts';

/** What happens to requests whose path matches. */
export interface Accident {
  readonly path: RegExp;
  /** The connection is cut after so many bytes of the body. */
  readonly cutAfter: number;
}

export interface SeenRequest {
  readonly path: string;
  readonly range: string | undefined;
}

/** A site on localhost, which browsers trust as they trust HTTPS. */
export class Site implements AsyncDisposable {
  /** Whether pages that are loaded from now on are cross-origin isolated, and so have shared memory and threads. */
  isolated = true;
  /** What is to go wrong from now on. */
  accidents: readonly Accident[] = [];
  /** Every request so far. */
  readonly requests: SeenRequest[] = [];
  #folders: Readonly<Record<string, string>>;
  #server = createServer((request, response) => this.#answer(request, response));
  #port = 0;

  private constructor(folders: Readonly<Record<string, string>>) {
    this.#folders = folders;
  }

  /** @param folders by the path that they appear under: `{ '/': DIST, '/golden/': GOLDEN }`; the longest that fits counts */
  static async open(folders: Readonly<Record<string, string>>): Promise<Site> {
    const site = new Site(folders);
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
      this.#server.listen(this.#port, resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.goAway();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '/';
    this.requests.push({ path, range: request.headers.range });
    const accident = this.accidents.find((one) => one.path.test(path));
    if (accident) cut(response, accident.cutAfter);
    const prefixes = Object.keys(this.#folders).sort((a, b) => b.length - a.length);
    const prefix = prefixes.find((one) => path.startsWith(one)) ?? '/';
    request.url = `/${path.slice(prefix.length)}`;
    this.#folderAt(prefix).emit('request', request, response);
  }

  /** It need not listen: it answers what it is handed. */
  #folderAt(prefix: string): Server {
    return folderServer(this.#folders[prefix] ?? '', { isolated: this.isolated });
  }
}

/** Lets so many bytes of the body through, then cuts the connection. */
function cut(response: ServerResponse, bytes: number): void {
  const write = response.write.bind(response);
  let left = bytes;
  Object.assign(response, {
    write(chunk: Uint8Array): boolean {
      const passed = chunk.subarray(0, left);
      left -= passed.length;
      if (left > 0) return write(passed);
      write(passed, () => response.destroy());
      return false;
    },
  });
}
