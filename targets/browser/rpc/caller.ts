/** The page's end of the connection: calls methods of objects in the worker, and knows when there is no worker any more. */
import { MmgemError } from '../../../dsl/errors.ts';
import { packArguments } from './arguments.ts';
import { receiveError } from './errors.ts';
import type { FromWorker, Port, TargetId, ToWorker } from './messages.ts';

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly callbacks: readonly ((...args: readonly unknown[]) => unknown)[];
  readonly onPiece: ((piece: unknown) => void) | undefined;
}

export interface CallOptions {
  /** What moves to the worker instead of being copied. */
  readonly transfer?: readonly Transferable[];
  /** Told each piece of a stream. */
  readonly onPiece?: (piece: unknown) => void;
  readonly signal?: AbortSignal;
}

export class Caller<State> {
  #port: Port;
  #pending = new Map<number, Pending>();
  #requests = 0;
  #ended: MmgemError | undefined;
  #state: State;

  /** @param state what holds until the worker tells another */
  constructor(port: Port, state: State) {
    this.#port = port;
    this.#state = state;
    port.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#receive(data));
  }

  /** What the worker said of itself with its last answer. */
  get state(): State {
    return this.#state;
  }

  /** Why no more can be called, if so. */
  get ended(): MmgemError | undefined {
    return this.#ended;
  }

  /**
   * Calls a method. Functions among the arguments are called here; a signal rejects the call at once, with its reason, and the
   * worker stops as soon as it can.
   * @throws what the method throws; MmgemError when the worker ends first
   */
  async call(
    target: TargetId,
    method: string,
    args: readonly unknown[],
    { transfer = [], onPiece, signal }: CallOptions = {},
  ): Promise<unknown> {
    if (this.#ended) throw this.#ended;
    const { args: packed, callbacks, signals } = packArguments(args);
    const request = this.#requests++;
    const stops = signal ? [...signals, signal] : signals;
    for (const stop of stops) stop.throwIfAborted();
    const answer = new Promise((resolve, reject) =>
      this.#pending.set(request, { resolve, reject, callbacks, onPiece }),
    );
    const cancel = ({ target: stop }: Event): void => this.#cancel(request, (stop as AbortSignal).reason);
    for (const stop of stops) stop.addEventListener('abort', cancel);
    try {
      this.#post({ kind: 'call', request, target, method, args: packed }, transfer);
      return await answer;
    } finally {
      this.#pending.delete(request);
      for (const stop of stops) stop.removeEventListener('abort', cancel);
    }
  }

  /** Rejects what is awaited and every call to come. */
  end(reason: string): void {
    this.#ended ??= new MmgemError(reason);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(this.#ended);
  }

  #post(message: ToWorker, transfer: readonly Transferable[] = []): void {
    this.#port.postMessage(message, [...transfer]);
  }

  #cancel(request: number, reason: unknown): void {
    const pending = this.#pending.get(request);
    if (!pending) return;
    this.#pending.delete(request);
    this.#post({ kind: 'cancel', request });
    pending.reject(reason);
  }

  #receive(message: FromWorker): void {
    if (message.kind === 'ready') return;
    if ('state' in message) this.#state = message.state as State;
    const pending = this.#pending.get(message.request);
    if (!pending) return;
    if (message.kind === 'answer') pending.resolve(message.value);
    else if (message.kind === 'refusal') pending.reject(receiveError(message.error));
    else if (message.kind === 'piece') pending.onPiece?.(message.piece);
    else pending.callbacks[message.callback]?.(...message.args);
  }
}
