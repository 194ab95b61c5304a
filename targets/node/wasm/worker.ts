/** A worker thread of the wasm executor; runtime/wasm/worker-loop.ts says what it does. */
import { parentPort } from 'node:worker_threads';
import type { ToThread } from '../../../runtime/wasm/messages.ts';
import { KernelThread } from '../../../runtime/wasm/worker-loop.ts';

if (!parentPort) throw new Error('worker.js is started by the wasm executor, as a worker thread');
const port = parentPort;
const thread = new KernelThread((message, transfer) => port.postMessage(message, transfer));
port.on('message', (message: ToThread) => thread.receive(message));
