/** A worker that is begun anew when it stands still in making workers of its own. */
import { isReady, postWhenReady, type Ready } from './ready.ts';
import { isNesting } from './wasm/nested.ts';

export interface Patience {
  /** How long making a worker may take. */
  readonly milliseconds: number;
  /** How often to begin anew; after that a slow machine is waited for. */
  readonly times: number;
}

export interface WorkerEvents<From> {
  onMessage(event: MessageEvent<From>): void;
  /** Once for every beginning. */
  onReady?(ready: Ready): void;
  /** The worker is about to be ended and begun anew. */
  onRestart?(): void;
  /** The worker could not be loaded, or threw. */
  onError(event: ErrorEvent): void;
  onMessageError?(): void;
}

/**
 * Firefox, while its developer tools are open or a driver controls it, now and then stops for ever inside the `new Worker` of a worker (153:
 * one start in thirty on a busy machine). Until it has answered for the first time, such a worker is ended, made again and told again what
 * it was told.
 */
export class RestartingWorker<To, From> {
  readonly #create: () => Worker;
  readonly #events: WorkerEvents<From>;
  readonly #patience: Patience;
  #worker: Worker;
  #post!: (message: To, transfer?: Transferable[]) => void;
  /** What a new worker would be told. Undefined when there can be none: the worker has answered, or owns what was moved to it. */
  #told: To[] | undefined = [];
  #restarts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param create makes a worker that says when it is ready. @throws what `create` throws */
  constructor(
    create: () => Worker,
    events: WorkerEvents<From>,
    patience: Patience = { milliseconds: 10_000, times: 3 },
  ) {
    this.#create = create;
    this.#events = events;
    this.#patience = patience;
    this.#worker = this.#begin();
  }

  post(message: To, transfer: Transferable[] = []): void {
    if (transfer.length > 0) this.#told = undefined;
    this.#told?.push(message);
    this.#post(message, transfer);
  }

  terminate(): void {
    clearTimeout(this.#timer);
    this.#told = undefined;
    this.#worker.terminate();
  }

  #begin(): Worker {
    const worker = this.#create();
    this.#post = postWhenReady(worker);
    // What a worker has said before it was ended may still arrive.
    const current =
      <E extends Event>(then: (event: E) => void) =>
      (event: E): void => {
        if (worker === this.#worker) then(event);
      };
    worker.addEventListener(
      'message',
      current((event: MessageEvent) => this.#receive(event)),
    );
    worker.addEventListener(
      'error',
      current((event: ErrorEvent) => this.#events.onError(event)),
    );
    worker.addEventListener(
      'messageerror',
      current(() => this.#events.onMessageError?.()),
    );
    return worker;
  }

  #receive(event: MessageEvent): void {
    if (isReady(event.data)) return this.#events.onReady?.(event.data);
    if (isNesting(event.data)) {
      clearTimeout(this.#timer);
      if (event.data.kind === 'nesting') this.#timer = setTimeout(() => this.#restart(), this.#patience.milliseconds);
      return;
    }
    this.#told = undefined;
    this.#events.onMessage(event);
  }

  #restart(): void {
    if (this.#told === undefined || this.#restarts === this.#patience.times) return;
    this.#restarts++;
    this.#events.onRestart?.();
    this.#worker.terminate();
    this.#worker = this.#begin();
    for (const message of this.#told) this.#post(message);
  }
}
