/**
 * The server of a page that is told what to do by it: the page asks for calls and answers them. So nothing has to look into the page while
 * it runs. (Firefox, as long as a program drives it, now and then never starts a worker.)
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { folderServer } from '../../targets/node/web/server.ts';
import { type Call, type Outcome, paths } from './calls.ts';

/** Milliseconds that a page waits for a call before it asks again: browsers give requests up after minutes. */
const longestPoll = 20_000;

export interface PageLinkOptions {
  /** Whether pages are cross-origin isolated. */
  readonly isolated: boolean;
  /** Milliseconds until a call must have been answered. */
  readonly patience: number;
}

interface Pending {
  readonly call: Call;
  readonly resolve: (outcome: Outcome) => void;
}

export class PageLink implements AsyncDisposable {
  readonly #server: Server;
  readonly #patience: number;
  /** A call that the page has not been given yet, or not answered. */
  #pending: Pending | undefined;
  #given = false;
  /** The page, waiting for a call. */
  #asking: ServerResponse | undefined;
  #ended: string | undefined;

  private constructor(folder: string, { isolated, patience }: PageLinkOptions) {
    const files = folderServer(folder, { isolated });
    this.#patience = patience;
    this.#server = createServer((request, response) => {
      if (request.url === paths.call) this.#wait(response);
      else if (request.url === paths.outcome) void this.#receive(request, response);
      else files.emit('request', request, response);
    });
  }

  /** Serves a folder on localhost, which browsers trust as they trust HTTPS. */
  static async open(folder: string, options: PageLinkOptions): Promise<PageLink> {
    const link = new PageLink(folder, options);
    await new Promise<void>((resolve, reject) => link.#server.once('error', reject).listen(0, resolve));
    return link;
  }

  get origin(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Calls a function of the page; one call at a time. @throws Error with what went wrong there, or that no answer came */
  async call(name: Call['name'], ...given: readonly unknown[]): Promise<unknown> {
    if (this.#ended !== undefined) throw new Error(this.#ended);
    let timer: NodeJS.Timeout | undefined;
    const outcome = await new Promise<Outcome>((resolve) => {
      this.#pending = { call: { name, given }, resolve };
      this.#given = false;
      timer = setTimeout(() => this.fail(`the page did not answer in ${this.#patience / 1000} s`), this.#patience);
      this.#deliver();
    });
    clearTimeout(timer);
    if ('error' in outcome) throw new Error(outcome.error);
    return outcome.value;
  }

  /** The page is gone: nothing more is expected of it. */
  fail(reason: string): void {
    this.#ended ??= reason;
    this.#settle({ error: this.#ended });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.fail('the page was closed');
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #wait(response: ServerResponse): void {
    this.#asking = response;
    const timer = setTimeout(() => this.#answer(null), longestPoll);
    response.once('close', () => {
      clearTimeout(timer);
      if (this.#asking === response) this.#asking = undefined;
    });
    this.#deliver();
  }

  #deliver(): void {
    if (!this.#pending || this.#given || !this.#asking) return;
    this.#given = true;
    this.#answer(this.#pending.call);
  }

  #answer(call: Call | null): void {
    this.#asking?.setHeader('Content-Type', 'application/json').end(JSON.stringify(call));
    this.#asking = undefined;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#settle(JSON.parse(await text(request)) as Outcome);
      response.end();
    } catch {
      // The page went away in the middle of an answer; whoever waits for it is told by `fail`.
      response.destroy();
    }
  }

  #settle(outcome: Outcome): void {
    this.#pending?.resolve(outcome);
    this.#pending = undefined;
  }
}
