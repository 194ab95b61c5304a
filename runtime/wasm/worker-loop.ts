/**
 * What a worker thread does, whatever host it runs on: sleeps until there is a message or a run, and takes its share of
 * the tiles of a run's kernels. It never spins for long, and not at all between runs.
 */
import { table, threadWord, word } from './control.ts';
import type { FromThread, ToThread } from './messages.ts';
import { fetchElements, placeElements } from './placing.ts';
import { proveBuild } from './proof.ts';

type Kernel = (args: number, tile: number, scratch: number) => void;

/**
 * A thread looks at the barrier so often before it sleeps: for about 15 µs, two or three times what waking up takes. Where the
 * processor is shared with other programs, one that waits awake for longer keeps away those that it waits for.
 */
const spins = 1500;

export class KernelThread {
  #post: (message: FromThread, transfer?: ArrayBuffer[]) => void;
  #thread = 0;
  #control: Int32Array | undefined;
  #memory: WebAssembly.Memory | undefined;
  #viewed: { readonly words: Int32Array; readonly doubles: Float64Array } | undefined;
  #executables = new Map<number, readonly Kernel[]>();
  /** Messages received and runs taken part in: what the shared words say beyond that is still to do. */
  #messages = 0;
  #runs = 0;

  constructor(post: (message: FromThread, transfer?: ArrayBuffer[]) => void) {
    this.#post = post;
  }

  /** Handles a message, then runs kernels and sleeps until another message waits, which the event loop delivers. */
  receive(message: ToThread): void {
    this.handle(message);
    this.#messages++;
    this.#sleep();
  }

  /** Handles a message and returns: for a thread that may not sleep, which then calls `takePart` when it is woken. */
  handle(message: ToThread): void {
    switch (message.kind) {
      case 'start':
        this.#thread = message.thread;
        this.#control = new Int32Array(message.control);
        this.#memory = message.memory;
        return;
      case 'load':
        return this.#answer(message.request, () => this.#load(message));
      case 'unload':
        this.#executables.delete(message.executable);
        return;
      case 'place':
        return this.#answer(message.request, () => placeElements(this.#memory!, message.placing));
      case 'fetch':
        return this.#answer(message.request, () => fetchElements(this.#memory!, message.fetching));
      case 'prove':
        return this.#answer(message.request, () => proveBuild(this.#memory!, message.proving));
    }
  }

  #answer(request: number, work: () => unknown): void {
    try {
      const value = work();
      this.#post({ kind: 'answer', request, value }, ArrayBuffer.isView(value) ? [value.buffer as ArrayBuffer] : []);
    } catch (error) {
      this.#post({ kind: 'refusal', request, error: messageOf(error) });
    }
  }

  #load({ executable, module, kernels }: Extract<ToThread, { kind: 'load' }>): void {
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory! } });
    const functions = kernels.map((name) => {
      const kernel = exports[name];
      if (typeof kernel !== 'function') throw new Error(`the compiled module has no function ${name}`);
      return kernel as Kernel;
    });
    this.#executables.set(executable, functions);
  }

  #sleep(): void {
    const control = this.#control!;
    const wake = threadWord.wake(this.#thread);
    for (;;) {
      const seen = Atomics.load(control, wake);
      if (Atomics.load(control, threadWord.messages(this.#thread)) !== this.#messages) return;
      if (!this.takePart()) Atomics.wait(control, wake, seen);
    }
  }

  /** Takes part in a run if there is one. @returns whether there was. */
  takePart(): boolean {
    const control = this.#control!;
    if (Atomics.load(control, threadWord.runs(this.#thread)) === this.#runs) return false;
    this.#runs = (this.#runs + 1) | 0;
    this.#run(control);
    return true;
  }

  #run(control: Int32Array): void {
    const participants = control[word.participants]!;
    const phases = control[word.phases]!;
    const times = (control[word.times]! >>> 0) / 8;
    const { words, doubles } = this.#views();
    for (let phase = 0; phase < phases; phase++) {
      const started = times ? performance.now() : 0;
      if (Atomics.load(control, word.failed) === 0) this.#work(control, words, phase, phases);
      if (phase === phases - 1 && !times) return this.#finish(control, participants);
      this.#barrier(control, participants);
      if (times && this.#thread === 0) doubles[times + phase] = performance.now() - started;
    }
    if (this.#thread === 0) this.#post({ kind: 'done' });
  }

  /** Views of the memory as it is now: it may have grown since the last run. */
  #views(): { readonly words: Int32Array; readonly doubles: Float64Array } {
    const { buffer } = this.#memory!;
    if (this.#viewed?.words.buffer !== buffer)
      this.#viewed = { words: new Int32Array(buffer), doubles: new Float64Array(buffer) };
    return this.#viewed;
  }

  /** This thread's share of a phase. */
  #work(control: Int32Array, words: Int32Array, phase: number, phases: number): void {
    const tableAt = (control[word.table]! >>> 0) / 4;
    const at = tableAt + phase * table.phaseWords;
    const blocks = tableAt + phases * table.phaseWords;
    const first = words[at + table.firstKernel]!;
    const count = words[at + table.kernels]!;
    const tiles = words[at + table.tiles]!;
    const kernels = this.#executables.get(control[word.executable]!)!;
    const scratch = (control[word.scratch]! >>> 0) + this.#thread * control[word.scratchStride]!;
    let kernel = first;
    try {
      // In a phase of several kernels each has one tile: who takes it runs all of them.
      for (let tile = Atomics.add(control, word.ticket, 1); tile < tiles; tile = Atomics.add(control, word.ticket, 1))
        for (kernel = first; kernel < first + count; kernel++)
          kernels[kernel]!(words[blocks + kernel]! >>> 0, tile, scratch);
    } catch (error) {
      if (Atomics.compareExchange(control, word.failed, 0, this.#thread + 1) === 0)
        this.#post({ kind: 'failed', kernel, error: messageOf(error) });
    }
  }

  /** Waits until all participants have arrived, at most for a moment awake. */
  #barrier(control: Int32Array, participants: number): void {
    const before = Atomics.load(control, word.barrier);
    if (Atomics.add(control, word.arrived, 1) === participants - 1) {
      Atomics.store(control, word.arrived, 0);
      Atomics.store(control, word.ticket, 0);
      Atomics.add(control, word.barrier, 1);
      if (participants > 1) Atomics.notify(control, word.barrier);
      return;
    }
    for (let i = 0; i < spins; i++) if (Atomics.load(control, word.barrier) !== before) return;
    while (Atomics.load(control, word.barrier) === before) Atomics.wait(control, word.barrier, before);
  }

  /** Who arrives last reports the end of the run; the others have nothing to wait for. */
  #finish(control: Int32Array, participants: number): void {
    if (Atomics.add(control, word.arrived, 1) === participants - 1) this.#post({ kind: 'done' });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
