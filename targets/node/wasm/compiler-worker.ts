/** Compiles AssemblyScript in a thread of its own; compiler.ts talks to it. */
import { parentPort } from 'node:worker_threads';
import { compileAssembly } from '../../../runtime/wasm/compile.ts';
import type { CompileAnswer, CompileRequest } from '../../../runtime/wasm/compilers.ts';

if (!parentPort) throw new Error('compiler-worker.js is started by the wasm executor, as a worker thread');
const port = parentPort;
port.on('message', async ({ request, source, simd, config }: CompileRequest) => {
  const answer = await compileAssembly(source, simd, config).then(
    (bytes): CompileAnswer => ({ request, bytes }),
    (error: unknown): CompileAnswer => ({ request, error: error instanceof Error ? error.message : String(error) }),
  );
  port.postMessage(answer);
});
