/** Workers that a worker makes. */
import { isReady, postWhenReady, type Ready } from '../ready.ts';

/** What the page is told before and after: in between the worker may stand still for ever, see restarting-worker.ts. */
export interface Nesting {
  readonly kind: 'nesting' | 'nested';
}

export function isNesting(message: unknown): message is Nesting {
  const kind = (message as Partial<Nesting> | null)?.kind;
  return kind === 'nesting' || kind === 'nested';
}

export interface NestedEvents<From> {
  onMessage(message: From): void;
  /** The worker could not be loaded, or threw; the reason may be empty. */
  onFailure(reason: string): void;
}

/** A worker as the wasm executor has its threads. */
export interface NestedWorker<To> {
  post(message: To): void;
  keepAlive(wanted: boolean): void;
  terminate(): Promise<void>;
}

/** @param create makes a worker that says when it is ready */
export function startNested<To, From>(
  create: () => Worker,
  { onMessage, onFailure }: NestedEvents<From>,
): NestedWorker<To> {
  postMessage({ kind: 'nesting' } satisfies Nesting);
  const worker = create();
  postMessage({ kind: 'nested' } satisfies Nesting);
  worker.addEventListener('message', ({ data }: MessageEvent<From | Ready>) => {
    if (!isReady(data)) onMessage(data);
  });
  worker.addEventListener('error', ({ message }) => onFailure(message));
  return {
    post: postWhenReady<To>(worker),
    keepAlive() {}, // pages do not end by themselves
    terminate: async () => worker.terminate(),
  };
}
