/**
 * The caller's own thread in place of a worker thread, for hosts that cannot hand memory to others. It never sleeps: messages
 * and runs are looked at in turns of the event loop, which stands still while kernels run.
 */
import type { ThreadEvents, WasmThread } from './host.ts';
import type { ToThread } from './messages.ts';
import { KernelThread } from './worker-loop.ts';

export function startOwnThread({ onMessage, onFailure }: ThreadEvents): WasmThread {
  // Answers come in a later turn, as they do from a worker.
  const thread = new KernelThread((message) => queueMicrotask(() => onMessage(message)));
  const waiting: ToThread[] = [];
  const { port1, port2 } = new MessageChannel();
  const look = (): void => {
    try {
      for (let message = waiting.shift(); message; message = waiting.shift()) thread.handle(message);
      while (thread.takePart());
    } catch (error) {
      onFailure(error instanceof Error ? error.message : String(error));
    }
  };
  port1.onmessage = look;
  return {
    post: (message) => void waiting.push(message),
    wake: () => port2.postMessage(undefined),
    keepAlive: () => {},
    terminate: async () => {
      waiting.length = 0;
      port1.close();
    },
  };
}
