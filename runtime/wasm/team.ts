/** The worker threads of an executor: what they are asked one by one, and what they run together. */
import { MmgemError } from '../../dsl/errors.ts';
import { type DeviceLoss, DeviceLostError } from '../loss.ts';
import { controlBytes, threadWord, word } from './control.ts';
import type { WasmHost, WasmThread } from './host.ts';
import type { FromThread, ToThread } from './messages.ts';

/** A run as the shared words have it. Addresses are in bytes. */
export interface TeamRun {
  readonly executable: number;
  readonly participants: number;
  readonly phases: number;
  readonly table: number;
  /** 0: kernels are not timed. */
  readonly times: number;
  readonly scratch: number;
  readonly scratchStride: number;
}

/** A kernel that trapped, by its index in the executable. */
export class KernelTrap extends Error {
  override name = 'KernelTrap';
  readonly kernel: number;

  constructor(kernel: number, message: string) {
    super(message);
    this.kernel = kernel;
  }
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

type Question<K extends ToThread['kind']> = Omit<Extract<ToThread, { kind: K }>, 'request'>;

export class Team {
  readonly size: number;
  /** Resolves when a thread has ended without having been told to. */
  readonly lost: Promise<DeviceLoss>;
  #lose: (loss: DeviceLoss) => void = () => {};
  #threads: readonly WasmThread[];
  /** Whether what threads are given must be in memory that they share. */
  readonly shares: boolean;
  #control: Int32Array;
  #pending = new Map<number, Pending>();
  #requests = 0;
  #run: Pending | undefined;
  #done = false;
  #trap: KernelTrap | undefined;
  /** Answers and runs awaited: while there are any, the program must not end. */
  #awaited = 0;
  #closed: Error | undefined;
  #next = 0;

  constructor(host: WasmHost, size: number, memory: WebAssembly.Memory) {
    this.size = size;
    this.shares = host.alone === undefined;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    const control = new (this.shares ? SharedArrayBuffer : ArrayBuffer)(controlBytes(size));
    this.#control = new Int32Array(control);
    this.#threads = Array.from({ length: size }, () =>
      host.startThread({
        onMessage: (message) => this.#receive(message),
        onFailure: (reason) => this.#fail(reason),
      }),
    );
    this.#threads.forEach((_, thread) => this.#post(thread, { kind: 'start', thread, control, memory }));
  }

  /** Asks one thread, the next in turn, and waits for its answer. */
  ask(question: Question<'place'> | Question<'fetch'> | Question<'prove'>): Promise<unknown> {
    this.#next = (this.#next + 1) % this.size;
    return this.#ask(this.#next, question);
  }

  /** Gives all threads the functions of an executable. */
  async load(question: Question<'load'>): Promise<void> {
    await Promise.all(this.#threads.map((_, thread) => this.#ask(thread, question)));
  }

  unload(executable: number): void {
    if (this.#closed) return;
    this.#threads.forEach((_, thread) => this.#post(thread, { kind: 'unload', executable }));
  }

  /**
   * Runs the phases of a table. One run at a time.
   * @throws KernelTrap when a kernel traps; the team can run on. MmgemError when it is closed.
   */
  run(run: TeamRun): Promise<void> {
    this.assertOpen();
    const control = this.#control;
    [this.#done, this.#trap] = [false, undefined];
    for (const key of ['executable', 'participants', 'phases', 'table', 'times', 'scratch', 'scratchStride'] as const)
      control[word[key]] = run[key];
    control[word.ticket] = control[word.arrived] = control[word.failed] = 0;
    const done = this.#await((pending) => {
      this.#run = pending;
    });
    for (let thread = 0; thread < run.participants; thread++) {
      Atomics.add(control, threadWord.runs(thread), 1);
      this.#wake(thread);
    }
    return done as Promise<void>;
  }

  /** @throws MmgemError that says why the team is closed. */
  assertOpen(): void {
    if (this.#closed) throw this.#closed;
  }

  /** What is thrown since a thread was lost. */
  get loss(): DeviceLostError | undefined {
    return this.#closed instanceof DeviceLostError ? this.#closed : undefined;
  }

  /** Ends all threads at once; what is awaited is rejected. */
  async close(reason = new MmgemError('the wasm engine was closed; open another')): Promise<void> {
    if (this.#closed) return;
    this.#closed = reason;
    const awaited = [...this.#pending.values(), ...(this.#run ? [this.#run] : [])];
    this.#pending.clear();
    this.#run = undefined;
    for (const { reject } of awaited) reject(this.#closed);
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #ask(thread: number, question: Question<'load' | 'place' | 'fetch' | 'prove'>): Promise<unknown> {
    this.assertOpen();
    const request = this.#requests++;
    const answer = this.#await((pending) => this.#pending.set(request, pending));
    this.#post(thread, { ...question, request } as ToThread);
    return answer;
  }

  #await(register: (pending: Pending) => void): Promise<unknown> {
    if (this.#awaited++ === 0) this.#threads[0]!.keepAlive(true);
    const settle = (): void => {
      if (--this.#awaited === 0) this.#threads[0]!.keepAlive(false);
    };
    return new Promise((resolve, reject) => {
      register({
        resolve: (value) => {
          settle();
          resolve(value);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
    });
  }

  #post(thread: number, message: ToThread): void {
    this.#threads[thread]!.post(message);
    Atomics.add(this.#control, threadWord.messages(thread), 1);
    this.#wake(thread);
  }

  #wake(thread: number): void {
    Atomics.add(this.#control, threadWord.wake(thread), 1);
    Atomics.notify(this.#control, threadWord.wake(thread));
    this.#threads[thread]!.wake?.();
  }

  #receive(message: FromThread): void {
    if (message.kind === 'answer' || message.kind === 'refusal') {
      const pending = this.#pending.get(message.request);
      this.#pending.delete(message.request);
      if (message.kind === 'answer') pending?.resolve(message.value);
      else pending?.reject(new MmgemError(message.error));
      return;
    }
    if (message.kind === 'done') this.#done = true;
    else this.#trap = new KernelTrap(message.kernel, message.error);
    // The end of a run and a trap in it are told by different threads, in any order.
    if (!this.#done || (Atomics.load(this.#control, word.failed) !== 0 && !this.#trap)) return;
    const run = this.#run;
    this.#run = undefined;
    if (this.#trap) run?.reject(this.#trap);
    else run?.resolve(undefined);
  }

  #fail(reason: string): void {
    if (this.#closed) return;
    const loss = { reason: 'thread', message: reason };
    this.#lose(loss);
    void this.close(new DeviceLostError('a thread of the wasm engine', loss));
  }
}
