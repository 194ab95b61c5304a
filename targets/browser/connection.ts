/** The worker that holds an engine: its start, its end, and how its death is noticed. */
import { MmgemError } from '../../dsl/errors.ts';
import type { Ready } from './ready.ts';
import { type Patience, RestartingWorker, type WorkerEvents } from './restarting-worker.ts';
import { Caller } from './rpc/caller.ts';
import type { FromWorker, Port } from './rpc/messages.ts';
import type { ServiceState } from './service.ts';

export interface Connection {
  readonly caller: Caller<ServiceState>;
  /** Ends the worker and all that it has started; what is awaited is rejected with the reason. */
  end(reason: string): void;
}

const again = 'Open the engine and load the model again';

/**
 * @param patience with a worker that stands still while it starts; usual unless told
 * @throws MmgemError where no worker can be started
 */
export function connect(patience?: Patience): Connection {
  const listeners: Parameters<Port['addEventListener']>[1][] = [];
  /** What the worker at hand has told; one that is begun anew has told nothing yet. */
  let ready = false;
  let locked: string | undefined;
  const events: WorkerEvents<FromWorker> = {
    onMessage(event) {
      for (const listener of listeners) listener(event);
    },
    onReady({ lock }: Ready & { readonly lock?: string }) {
      ready = true;
      locked = lock;
      if (lock !== undefined)
        whenFree(lock, () => {
          if (locked === lock) end(`mmgem's worker was ended by the browser, perhaps for lack of memory. ${again}`);
        });
    },
    onRestart() {
      ready = false;
      locked = undefined; // it becomes free when the worker is ended, and that is no loss
    },
    onError(event) {
      event.preventDefault();
      end(ready ? `mmgem's worker failed: ${event.message}. ${again}` : whyNotStarted(event.message));
    },
    onMessageError: () => end(`a message to mmgem's worker could not be read. ${again}`),
  };
  const worker = new RestartingWorker<unknown, FromWorker>(startWorker, events, patience);
  const port: Port = {
    postMessage: (message, transfer) => worker.post(message, transfer),
    addEventListener: (_, listener) => listeners.push(listener),
  };
  const caller = new Caller<ServiceState>(port, { memory: { current: 0, peak: 0 }, programs: {} });
  const end = (reason: string): void => {
    caller.end(reason);
    worker.terminate();
  };
  return { caller, end };
}

function startWorker(): Worker {
  if (typeof Worker === 'undefined')
    throw new MmgemError(
      'mmgem for browsers runs in a worker, and there are none here; in Node, import it without the condition "browser"',
    );
  try {
    // Made by the build, see README.md. Bundlers look for this expression as it stands.
    return new Worker(new URL('./workers/engine.js', import.meta.url), { type: 'module', name: 'mmgem engine' });
  } catch (error) {
    throw new MmgemError(whyNotStarted(error instanceof Error ? error.message : String(error)), { cause: error });
  }
}

function whyNotStarted(detail: string | undefined): string {
  return (
    `mmgem's worker did not start${detail ? ` (${detail})` : ''}. Its files, the folder workers/ of mmgem, must lie beside the code that ` +
    'imports mmgem, on the same origin as the page, and the Content-Security-Policy must allow them (worker-src)'
  );
}

/** The worker holds the lock as long as it lives: browsers do not tell otherwise that they have ended one. */
function whenFree(lock: string, tell: () => void): void {
  navigator.locks.request(lock, tell).catch(() => {}); // refused when the page itself goes
}
