/** A thread that prepares images; threads.ts talks to it. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ImageTools, prepareImage } from '../../../model/data/prepare.ts';
import { MmgemError } from '../../../model/errors.ts';
import type { Answer, Request, ThreadData } from './threads.ts';
import { imageTools } from './tools.ts';

if (!parentPort) throw new Error('image-worker.js is started by threads.js, as a worker thread');
const port = parentPort;
const { preparation, resolvers } = workerData as ThreadData;
let tools: Promise<ImageTools> | undefined;

port.on('message', async ({ id, task }: Request) => {
  try {
    tools ??= imageTools(resolvers);
    const image = await prepareImage(task, preparation, await tools);
    port.postMessage({ id, image } satisfies Answer, [image.pixels.buffer as ArrayBuffer]);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    port.postMessage({ id, problem: message, isImage: error instanceof MmgemError } satisfies Answer);
  }
});
