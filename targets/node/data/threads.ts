/** Images are decoded and prepared in worker threads, so that the next batches are ready when a training step ends. */
import { Worker } from 'node:worker_threads';
import type {
  ImagePreparer,
  ImageTask,
  Preparation,
  PreparedImage,
  StartPreparer,
} from '../../../model/data/prepare.ts';
import { MmgemError } from '../../../model/errors.ts';

/** What a thread knows from its start. */
export interface ThreadData {
  readonly preparation: Preparation;
  /** URL of a module with more resolvers. */
  readonly resolvers?: string;
}

export interface Request {
  readonly id: number;
  readonly task: ImageTask;
}

export type Answer =
  | { readonly id: number; readonly image: PreparedImage }
  /** `isImage`: the image is at fault, not the thread. */
  | { readonly id: number; readonly problem: string; readonly isImage: boolean };

export interface ThreadOptions {
  /** 1 unless told: the engine's own threads use the cores. */
  readonly count?: number;
  /** URL of a module that exports `imageResolvers`. */
  readonly resolvers?: string;
}

/** Prepares images in worker threads, which run until the preparer is closed but hold no process that has nothing to do. */
export function imageThreads({ count = 1, resolvers }: ThreadOptions = {}): StartPreparer {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new MmgemError(`threads for images are ${count}; give an integer of at least 1.`);
  }
  return (preparation) => new ImageThreads(count, { preparation, ...(resolvers !== undefined && { resolvers }) });
}

interface Job {
  readonly task: ImageTask;
  readonly resolve: (image: PreparedImage) => void;
  readonly reject: (error: Error) => void;
}

/** Tasks that a thread has at a time: the next one waits there, and files are read while pixels are computed. */
const tasksPerThread = 2;

class ImageThreads implements ImagePreparer {
  readonly #threads: ImageThread[];
  readonly #waiting: Job[] = [];
  #failure: Error | undefined;

  constructor(count: number, data: ThreadData) {
    const events = { onFree: () => this.#assign(), onFailure: (reason: string) => this.#fail(new Error(reason)) };
    this.#threads = Array.from({ length: count }, () => new ImageThread(data, events));
  }

  prepare(task: ImageTask): Promise<PreparedImage> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const image = new Promise<PreparedImage>((resolve, reject) => this.#waiting.push({ task, resolve, reject }));
    this.#assign();
    return image;
  }

  async close(): Promise<void> {
    this.#fail(new Error('the preparer was closed'));
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  /** Gives what waits to the threads that have the least to do. */
  #assign(): void {
    while (this.#waiting.length > 0) {
      const least = this.#threads.reduce((a, b) => (b.load < a.load ? b : a));
      if (least.load >= tasksPerThread) return;
      least.start(this.#waiting.shift()!);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    for (const thread of this.#threads) thread.rejectAll(error);
  }
}

interface ThreadEvents {
  readonly onFree: () => void;
  readonly onFailure: (reason: string) => void;
}

class ImageThread {
  readonly #worker: Worker;
  readonly #jobs = new Map<number, Job>();
  #requests = 0;

  constructor(workerData: ThreadData, { onFree, onFailure }: ThreadEvents) {
    this.#worker = new Worker(new URL('./image-worker.js', import.meta.url), {
      execArgv: [],
      name: 'mmgem images',
      workerData,
    });
    this.#worker.on('message', (answer: Answer) => {
      this.#receive(answer);
      onFree();
    });
    this.#worker.on('error', (error) => onFailure(`a thread that prepares images failed: ${error.message}`));
    this.#worker.on('exit', (code) => onFailure(`a thread that prepares images ended with exit code ${code}`));
    this.#worker.unref(); // last: a listener for messages makes the port hold the process again
  }

  /** Tasks that it has and has not answered. */
  get load(): number {
    return this.#jobs.size;
  }

  start(job: Job): void {
    const id = this.#requests++;
    this.#jobs.set(id, job);
    this.#worker.ref();
    try {
      this.#worker.postMessage({ id, task: job.task } satisfies Request);
    } catch (error) {
      this.#take(id)?.reject(error as Error); // what a source gave as an image is no plain data
    }
  }

  rejectAll(error: Error): void {
    for (const id of [...this.#jobs.keys()]) this.#take(id)?.reject(error);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #receive(answer: Answer): void {
    const job = this.#take(answer.id);
    if ('image' in answer) job?.resolve(answer.image);
    else job?.reject(answer.isImage ? new MmgemError(answer.problem) : new Error(answer.problem));
  }

  #take(id: number): Job | undefined {
    const job = this.#jobs.get(id);
    if (!this.#jobs.delete(id)) return undefined; // answered while the thread is being ended, which holds the process
    if (this.#jobs.size === 0) this.#worker.unref();
    return job;
  }
}
