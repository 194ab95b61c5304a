/** Compiles AssemblyScript in a worker of its own; compiler.ts talks to it. */
import { compileAssembly } from '../../../runtime/wasm/compile.ts';
import type { CompileAnswer, CompileRequest } from '../../../runtime/wasm/compilers.ts';
import { ready } from '../ready.ts';

addEventListener('message', async ({ data: { request, source, simd, config } }: MessageEvent<CompileRequest>) => {
  const answer = await compileAssembly(source, simd, config).then(
    (bytes): CompileAnswer => ({ request, bytes }),
    (error: unknown): CompileAnswer => ({ request, error: error instanceof Error ? error.message : String(error) }),
  );
  postMessage(answer);
});
postMessage(ready);
