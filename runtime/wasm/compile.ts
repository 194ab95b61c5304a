/** AssemblyScript to WebAssembly. Blocks its thread for up to seconds: hosts run it in one of its own. */
import { MmgemError } from '../../dsl/errors.ts';
import type { AssemblyTarget } from '../../kernels/ir.ts';

const sourceName = 'kernels.ts';
const outputName = 'kernels.wasm';

/**
 * Compiles a module's source for a target of asconfig.json, whose text is `config`.
 * @throws MmgemError with the compiler's messages and the lines that they are about.
 */
export async function compileAssembly(
  source: string,
  simd: AssemblyTarget['simd'],
  config: string,
): Promise<Uint8Array> {
  const { default: asc } = await import('assemblyscript/asc');
  const files: Readonly<Record<string, string>> = { [sourceName]: source, 'asconfig.json': config };
  let output: Uint8Array | undefined;
  const { error, stderr } = await asc.main([sourceName, '--target', simd, '--outFile', outputName], {
    readFile: (name) => files[name] ?? null,
    writeFile: (name, contents) => {
      if (name === outputName && typeof contents !== 'string') output = contents;
    },
    listFiles: () => [],
  });
  if (error)
    throw new MmgemError(
      `AssemblyScript does not compile for ${simd}: ${error.message}\n${firstOf(stderr.toString())}`,
    );
  if (!output) throw new MmgemError('the AssemblyScript compiler wrote nothing');
  return output;
}

/** The compiler's first messages: one mistake in generated code is repeated a hundred times. */
function firstOf(messages: string): string {
  const each = messages.trim().split(/\n\n(?=ERROR|FAILURE)/);
  const kept = each.slice(0, 3);
  return [...kept, ...(each.length > kept.length ? [`(${each.length - kept.length} more messages)`] : [])].join('\n\n');
}
