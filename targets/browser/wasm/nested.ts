/** Workers that a worker makes. */

/** What the page is told before and after: in between the worker may stand still for ever, see restarting-worker.ts. */
export interface Nesting {
  readonly kind: 'nesting' | 'nested';
}

export function isNesting(message: unknown): message is Nesting {
  const kind = (message as Partial<Nesting> | null)?.kind;
  return kind === 'nesting' || kind === 'nested';
}

export function makeNested(create: () => Worker): Worker {
  postMessage({ kind: 'nesting' } satisfies Nesting);
  const worker = create();
  postMessage({ kind: 'nested' } satisfies Nesting);
  return worker;
}
