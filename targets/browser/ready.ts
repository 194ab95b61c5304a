/** How a module worker says that it listens, and what is posted to it waits until then. */

/** What a worker posts first, when its code has loaded and listens. */
export interface Ready {
  readonly kind: 'ready';
}

export const ready: Ready = { kind: 'ready' };

export function isReady(message: unknown): message is Ready {
  return (message as Partial<Ready> | null)?.kind === 'ready';
}

/**
 * Posts to a worker as soon as it is `ready`, in order: Firefox loses now and then what is posted to a module worker while its code still
 * loads, and who waits for the answer waits for ever. What is to be moved belongs to the caller until it is posted.
 */
export function postWhenReady<Message>(worker: Worker): (message: Message, transfer?: Transferable[]) => void {
  const early: [Message, Transferable[]][] = [];
  let listens = false;
  worker.addEventListener('message', ({ data }) => {
    if (listens || !isReady(data)) return;
    listens = true;
    for (const [message, transfer] of early.splice(0)) worker.postMessage(message, transfer);
  });
  return (message, transfer = []) => {
    if (listens) worker.postMessage(message, transfer);
    else early.push([message, transfer]);
  };
}
