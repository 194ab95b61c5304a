/** The worker's end of the connection: runs what the page calls, if a table allows it. */
import { MmgemError } from '../../../dsl/errors.ts';
import { movable, unpackArguments } from './arguments.ts';
import { sendError } from './errors.ts';
import type { AnswerKind, FromWorker, Port, TargetId, ToWorker } from './messages.ts';

/** An object and what may be called of it, with the kind of answer: a promise's value, or an iterable's pieces. */
export interface Served {
  readonly object: object;
  readonly methods: Readonly<Record<string, AnswerKind>>;
  /** The pieces of what a method with a stream returns; that itself unless told. */
  readonly piecesOf?: (result: unknown) => AsyncIterable<unknown>;
}

export class Server {
  #port: Port;
  #state: () => unknown;
  #targets = new Map<TargetId, Served>();
  #running = new Map<number, AbortController>();
  #next: TargetId = 0;

  /** @param state is sent along with every answer */
  constructor(port: Port, state: () => unknown) {
    this.#port = port;
    this.#state = state;
    port.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => void this.#receive(data));
  }

  /** Makes an object callable. The first one has the number 0. */
  add(served: Served): TargetId {
    this.#targets.set(this.#next, served);
    return this.#next++;
  }

  async #receive(message: ToWorker): Promise<void> {
    if (message.kind === 'cancel')
      return this.#running.get(message.request)?.abort(new MmgemError('not wanted any more'));
    const { request } = message;
    const controller = new AbortController();
    this.#running.set(request, controller);
    try {
      const value: unknown = await this.#call(message, controller.signal);
      this.#post({ kind: 'answer', request, value, state: this.#state() }, movable(value));
    } catch (error) {
      this.#post({ kind: 'refusal', request, error: sendError(error), state: this.#state() });
    } finally {
      this.#running.delete(request);
    }
  }

  async #call(
    { request, target, method, args }: Extract<ToWorker, { kind: 'call' }>,
    signal: AbortSignal,
  ): Promise<unknown> {
    const served = this.#targets.get(target);
    const answer = served && Object.hasOwn(served.methods, method) ? served.methods[method] : undefined;
    const called: unknown = served && answer && Reflect.get(served.object, method);
    if (!served || typeof called !== 'function')
      throw new MmgemError(`${method} cannot be called; page and worker are of different versions of mmgem`);
    const onCallback = (callback: number, given: readonly unknown[]): void =>
      this.#post({ kind: 'callback', request, callback, args: given });
    const result: unknown = Reflect.apply(called, served.object, unpackArguments(args, onCallback, signal));
    if (answer === 'value') return result;
    const pieces = served.piecesOf?.(result) ?? (result as AsyncIterable<unknown>);
    for await (const piece of pieces) this.#post({ kind: 'piece', request, piece });
    return undefined;
  }

  #post(message: FromWorker, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}
