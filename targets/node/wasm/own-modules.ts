/** The engine's own modules, compiled when the package is packed. A clone compiles them at its first start. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readKernels } from '../../../model/files/kernel-file.ts';
import type { KernelSource } from '../../../runtime/seam.ts';

/** Beside the compiled code, as it is made of it. */
export const ownModulesFile = fileURLToPath(new URL('../../../own-modules.safetensors', import.meta.url));

/** Reads the file when it is first asked for a kernel. */
export function ownModules(file = ownModulesFile): KernelSource {
  let reading: Promise<KernelSource | undefined> | undefined;
  const read = async (): Promise<KernelSource | undefined> => {
    const bytes = await readFile(file).catch(() => undefined);
    return bytes && readKernels(file, bytes);
  };
  return {
    description: file,
    async get(key) {
      reading ??= read();
      return (await reading)?.get(key);
    },
  };
}
