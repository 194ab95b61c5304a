/** The engine's own modules, compiled when the package is packed; they lie beside the workers. Without them they are compiled. */
import { readKernels } from '../../../model/files/kernel-file.ts';
import type { KernelSource } from '../../../runtime/seam.ts';

/** Fetched when it is first asked for a kernel. */
export function ownModules(): KernelSource {
  const file = new URL('./own-modules.safetensors', import.meta.url);
  let reading: Promise<KernelSource | undefined> | undefined;
  return {
    description: file.href,
    async get(key) {
      reading ??= fetchKernels(file);
      return (await reading)?.get(key);
    },
  };
}

async function fetchKernels(file: URL): Promise<KernelSource | undefined> {
  const answer = await fetch(file).catch(() => undefined);
  // Servers answer what they do not have with a page now and then.
  if (!answer?.ok || answer.headers.get('content-type')?.includes('html')) return undefined;
  return readKernels(file.href, new Uint8Array(await answer.arrayBuffer()));
}
