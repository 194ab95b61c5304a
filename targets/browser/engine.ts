/** An engine as a page sees it: it runs in a worker, and the page keeps what the worker says of it. */
import type { BackendOptions } from '../../runtime/backend.ts';
import type { EngineInfo, Engine as WorkerEngine } from '../../runtime/engine.ts';
import { type Connection, connect } from './connection.ts';
import { type Model, remoteModel } from './model.ts';
import type { ModelPlace } from './places.ts';
import type { LoadedModel, ServiceLoadOptions } from './service.ts';

/** The worker's service is its first object that can be called. */
const service = 0;

type Shared = 'info' | 'lost' | 'memory' | 'close' | keyof Disposable | keyof AsyncDisposable;

/**
 * One backend, in a worker of its own. Everything that it holds is given back by `close()`, also through
 * `await using engine = await open(…)`.
 */
export class Engine implements Pick<WorkerEngine, Shared> {
  readonly info: EngineInfo;
  /** Resolves with the reason when the backend loses its device or the worker ends by itself; stays pending otherwise. */
  readonly lost: WorkerEngine['lost'];
  readonly #connection: Connection;
  #closing: Promise<void> | undefined;

  /** `openInWorker` makes engines. */
  constructor(connection: Connection, info: EngineInfo) {
    this.#connection = connection;
    this.info = info;
    this.lost = new Promise((resolve) => {
      connection.caller.call(service, 'lost', []).then(
        (loss) => resolve(loss as Awaited<WorkerEngine['lost']>),
        (error: Error) => {
          if (!this.#closing) resolve({ reason: 'worker', message: error.message });
        },
      );
    });
  }

  /** Bytes held and the most ever held, by everything opened from this engine, when the worker last answered. */
  memory(): { readonly current: number; readonly peak: number } {
    return this.#connection.caller.state.memory;
  }

  /** What `load` does. */
  async loadModel(place: ModelPlace, options: ServiceLoadOptions): Promise<Model> {
    const { caller } = this.#connection;
    return remoteModel(caller, (await caller.call(service, 'load', [place, options])) as LoadedModel);
  }

  /** Stops threads, destroys the device and all that was made on it, ends the worker. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** `using`: begins to close. An error while closing is an unhandled rejection, so that it is seen. */
  [Symbol.dispose](): void {
    void this.close();
  }

  /** `await using`: closes and waits. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { caller, end } = this.#connection;
    try {
      if (!caller.ended) await caller.call(service, 'close', []);
    } finally {
      end(`the ${this.info.backend} engine was closed; open another`);
    }
  }
}

/** Starts a worker and opens a backend in it. @throws MmgemError as `openEngine` */
export async function openInWorker(backend: string, options: BackendOptions): Promise<Engine> {
  const connection = connect();
  try {
    return new Engine(connection, (await connection.caller.call(service, 'open', [backend, options])) as EngineInfo);
  } catch (error) {
    connection.end('no engine was opened');
    throw error;
  }
}
