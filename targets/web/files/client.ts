/** Requests to a server that may be slow, fail for a while, or hang up: with a time limit on silence, and tried again. */
import { MmgemError } from '../../../model/errors.ts';

export interface ClientSettings {
  readonly signal?: AbortSignal | undefined;
  /** How long to wait before each further try, in milliseconds. A byte that arrives begins the count anew. */
  readonly retryDelays: readonly number[];
  /** How long no byte may come, in milliseconds. */
  readonly patience: number;
}

/** The server could not be reached or did not answer properly, as often as it was asked. */
export class Unreachable extends MmgemError {
  override name = 'Unreachable';
}

/** What may go better the next time. */
class Interruption extends Error {
  readonly remedy: string;
  /** Milliseconds that the server wants to be left alone. */
  readonly wait: number;

  constructor(reason: string, remedy: string, { cause, wait = 0 }: { cause?: unknown; wait?: number } = {}) {
    super(reason, { cause });
    this.remedy = remedy;
    this.wait = wait;
  }
}

/** What can go wrong at a point: what it is called, what silence is called, and what to do about it. */
interface Trouble {
  readonly failure: string;
  readonly silence: string;
  readonly remedy: string;
}

const connecting: Trouble = {
  failure: 'the server cannot be reached',
  silence: 'no answer came',
  remedy:
    'Check the address, the network and that the server runs; in a browser also that the server allows this page (CORS: ' +
    'Access-Control-Allow-Origin).',
};
const receiving: Trouble = {
  failure: 'the connection was cut',
  silence: 'no byte came',
  remedy: 'Check the network and the server, and load again.',
};
const busyRemedy = 'Try again later, or ask who runs the server.';

/** Statuses that say “later”. */
const temporary: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const longestWait = 30_000;
/** So many bytes are worth as many further tries as at the beginning; a server that always sends less is given up. */
const stepBytes = 2 ** 16;
/** Silence is measured in so many pieces: while the program itself is busy, time passes but no byte can be seen to come. */
const ticks = 5;

/** The head of an answer, and its body as it arrives. */
export interface Answer {
  readonly response: Response;
  /** The body in pieces. Leaving the loop early cancels the rest. Throws what `Client.retry` tries again. */
  chunks(): AsyncGenerator<Uint8Array, void>;
  /** Hangs up. */
  cancel(): void;
}

export class Client {
  readonly #settings: ClientSettings;
  #reached: boolean;

  constructor(settings: ClientSettings, reached = false) {
    this.#settings = settings;
    this.#reached = reached;
  }

  /** One that also stops when `signal` does. */
  child(signal: AbortSignal): Client {
    return new Client({ ...this.#settings, signal: together(this.signal, signal) }, this.#reached);
  }

  get signal(): AbortSignal | undefined {
    return this.#settings.signal;
  }

  /**
   * Does `attempt`, again after an interruption, until it works.
   * @param attempt is given a function to call with the number of bytes by which it got further
   * @param once gives up after the first try
   * @throws Unreachable naming the address, what went wrong last, and the remedy; the signal's reason when it was aborted
   */
  async retry<T>(url: string, attempt: (progressed: (bytes: number) => void) => Promise<T>, once = false): Promise<T> {
    let [failures, further] = [0, 0];
    for (;;) {
      this.signal?.throwIfAborted();
      try {
        return await attempt((bytes) => {
          further += bytes;
        });
      } catch (error) {
        this.signal?.throwIfAborted();
        if (!(error instanceof Interruption)) throw error;
        if (further >= stepBytes) [failures, further] = [0, 0];
        const delay = once ? undefined : this.#delays()[failures];
        failures++;
        if (delay === undefined) throw unreachable(url, error, failures);
        await this.#pause(Math.max(delay, Math.min(error.wait, longestWait)));
      }
    }
  }

  /** Sends one request, once. To be called inside `retry`. */
  async send(url: string, init: RequestInit): Promise<Answer> {
    const line = new Line(this.#settings);
    const { signal } = line;
    const response = await line.wait(fetch(url, { ...init, signal }), connecting);
    this.#reached = true;
    if (temporary.has(response.status)) {
      line.hangUp();
      const wait = 1000 * (Number(response.headers.get('retry-after')) || 0);
      throw new Interruption(`the server answered ${statusOf(response)}`, busyRemedy, { wait });
    }
    return { response, chunks: () => chunksOf(response, line), cancel: () => line.hangUp() };
  }

  /** Tells `retry` that the body ended before it should have. */
  endedEarly(got: number, expected: number): Error {
    return new Interruption(`the answer ended after ${got} of ${expected} bytes`, receiving.remedy);
  }

  /** A server that never answered is asked only twice: its address is likely to be wrong. */
  #delays(): readonly number[] {
    const { retryDelays } = this.#settings;
    return this.#reached ? retryDelays : retryDelays.slice(0, 1);
  }

  #pause(milliseconds: number): Promise<void> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      }, milliseconds);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }
}

/** `404 Not Found`. */
export function statusOf({ status, statusText }: Response): string {
  return `${status} ${statusText}`.trim();
}

/** One connection, given up when it is silent for too long. */
class Line {
  readonly #controller = new AbortController();
  readonly #patience: number;
  readonly signal: AbortSignal;

  constructor({ signal, patience }: ClientSettings) {
    this.#patience = patience;
    this.signal = together(signal, this.#controller.signal);
  }

  /** The outcome of something that should not take long. @throws Interruption when it does, or fails */
  async wait<T>(work: Promise<T>, { failure, silence, remedy }: Trouble): Promise<T> {
    let left = ticks;
    const tick = () => {
      left--;
      if (left === 0) this.hangUp();
      else timer = setTimeout(tick, this.#patience / ticks);
    };
    let timer = setTimeout(tick, this.#patience / ticks);
    try {
      return await work;
    } catch (cause) {
      const reason = left === 0 ? `${silence} for ${this.#patience / 1000} seconds` : `${failure} (${reasonOf(cause)})`;
      throw new Interruption(reason, remedy, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  hangUp(): void {
    this.#controller.abort();
  }
}

function together(signal: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return signal ? AbortSignal.any([signal, other]) : other;
}

async function* chunksOf({ body }: Response, line: Line): AsyncGenerator<Uint8Array, void> {
  if (body === null) return;
  const reader = body.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await line.wait(reader.read(), receiving);
      ended = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!ended) line.hangUp();
  }
}

/** What `fetch` says went wrong; Node tells the reason only in the error's cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const detail = cause instanceof Error ? cause.message || String((cause as { code?: unknown }).code ?? '') : '';
  return detail === '' || error.message.includes(detail) ? error.message : `${error.message}: ${detail}`;
}

function unreachable(url: string, { message, remedy, cause }: Interruption, tries: number): Unreachable {
  const count = tries === 1 ? '' : `, after ${tries} tries`;
  return new Unreachable(`${url}: could not be downloaded${count}: ${message}. ${remedy}`, { cause });
}
