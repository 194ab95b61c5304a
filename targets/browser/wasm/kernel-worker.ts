/** A worker that runs kernels; runtime/wasm/worker-loop.ts says how. */
import type { ToThread } from '../../../runtime/wasm/messages.ts';
import { KernelThread } from '../../../runtime/wasm/worker-loop.ts';
import { ready } from '../ready.ts';

const thread = new KernelThread((message, transfer) => postMessage(message, { transfer: transfer ?? [] }));
addEventListener('message', ({ data }: MessageEvent<ToThread>) => thread.receive(data));
postMessage(ready);
