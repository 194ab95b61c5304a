/** Progress of long work: one bar on stderr, where a person watches it. */
import { Presets, SingleBar } from 'cli-progress';

/** A bar for work of several parts, which never goes back. */
export interface Progress {
  /** So much of the part at hand is done. A new part begins the bar anew, under its own name; `at` says what is done now. */
  report(part: string, done: number, total: number, at?: string): void;
  /** Takes the bar away. */
  stop(): void;
}

const silent: Progress = { report() {}, stop() {} };

/** Nothing is drawn where nobody looks: when `stream` is a file or a pipe, or when `quiet`. */
export function createProgress(stream: NodeJS.WriteStream = process.stderr, quiet = false): Progress {
  return quiet || !stream.isTTY ? silent : new Bar(stream);
}

class Bar implements Progress {
  #bar: SingleBar;
  #part: string | undefined;
  #most = 0;

  constructor(stream: NodeJS.WriteStream) {
    const format = '{part} {bar} {percentage}% {at}';
    const options = { format, stream, clearOnComplete: true, hideCursor: true, barsize: 30, stopOnComplete: false };
    this.#bar = new SingleBar(options, Presets.shades_classic);
  }

  report(part: string, done: number, total: number, at = ''): void {
    if (total <= 0) return;
    if (this.#part !== part) {
      this.stop();
      this.#part = part;
      this.#bar.start(total, 0, { part, at });
    }
    // Work may find more to do while it runs; what was shown once stays true.
    this.#most = Math.max(this.#most, Math.min(1, done / total));
    this.#bar.setTotal(total);
    this.#bar.update(this.#most * total, { at });
  }

  stop(): void {
    if (this.#part !== undefined) this.#bar.stop();
    this.#part = undefined;
    this.#most = 0;
  }
}
