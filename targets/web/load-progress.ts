/** Loading a model from a server as one progress: its download, its programs and their weights together. */
import type { Preparation } from '../../model/load.ts';
import type { OnProgress } from '../../model/session/programs.ts';
import type { DownloadProgress } from './files/http-store.ts';
import { programProgress } from './program-progress.ts';

/**
 * `download` while bytes of opened files are missing, `compile` while programs or their weights are, `ready` at the end.
 * A load goes through them in this order; one that needs nothing of a phase leaves it out.
 */
export type LoadPhase = 'download' | 'compile' | 'ready';

export interface LoadState {
  readonly phase: LoadPhase;
  /** From 0 to `total`. Never less than before, and exactly `total` at the end alone. */
  readonly done: number;
  readonly total: 1;
  /** Bytes of the files that were opened so far: those that are there, how many there are, and how many came over the network. */
  readonly bytes: DownloadProgress;
  /** What is being done, for people: `compiling imageFeatures`. Empty while nothing but the download is going on. */
  readonly stage: string;
}

/** Bytes count as much as programs. */
const downloadShare = 0.5;
/** What is shown before the end stays below it. */
const almost = 0.999;

const phases: readonly LoadPhase[] = ['download', 'compile', 'ready'];

export class LoadProgress {
  /** For `httpStore`, as its `onProgress`. */
  readonly onDownload: (progress: DownloadProgress) => void;
  /** For `load`, as its `onProgress`. */
  readonly onProgress: OnProgress;
  readonly #onChange: (state: LoadState) => void;
  /** Part of the programs that is done, once there was word of them. */
  #programs: number | undefined;
  /** Bytes that were there by then. */
  #bytesBefore: number | undefined;
  #state: LoadState = {
    phase: 'download',
    done: 0,
    total: 1,
    bytes: { done: 0, total: 0, downloaded: 0 },
    stage: '',
  };

  /** @param prepare what the model is loaded for, as `load` is told */
  constructor(prepare: readonly Preparation[], onChange: (state: LoadState) => void) {
    this.#onChange = onChange;
    this.onDownload = (bytes) => this.#change({ bytes });
    this.onProgress = programProgress(prepare, (done, programs, stage) => {
      this.#programs = programs > 0 ? done / programs : 1;
      this.#change({ stage });
    });
  }

  get state(): LoadState {
    return this.#state;
  }

  /** To be called when `load` has resolved. What it did not need of the files counts as done. */
  finish(): void {
    this.#report({ ...this.#state, phase: 'ready', done: 1, stage: '' });
  }

  #change(change: Partial<Pick<LoadState, 'bytes' | 'stage'>>): void {
    if (this.#state.phase === 'ready') return; // bytes that were on their way when it ended
    const state = { ...this.#state, ...change };
    // The end of the download is known only when programs ask for weights: all files are open then.
    const isDownloaded = this.#programs !== undefined && state.bytes.done === state.bytes.total;
    this.#report({
      ...state,
      phase: later(state.phase, isDownloaded ? 'compile' : 'download'),
      done: Math.max(state.done, Math.min(almost, this.#fraction(state.bytes))),
    });
  }

  /** The small files and the head of the large ones come before the programs. The rest of the bytes is what counts. */
  #fraction({ done, total }: DownloadProgress): number {
    if (this.#programs === undefined) return 0;
    this.#bytesBefore ??= done;
    const missing = total - this.#bytesBefore;
    const downloaded = missing > 0 ? (done - this.#bytesBefore) / missing : 1;
    return downloadShare * downloaded + (1 - downloadShare) * this.#programs;
  }

  #report(state: LoadState): void {
    this.#state = state;
    this.#onChange(state);
  }
}

function later(a: LoadPhase, b: LoadPhase): LoadPhase {
  return phases.indexOf(a) > phases.indexOf(b) ? a : b;
}
