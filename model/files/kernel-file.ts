// Kernels compiled ahead for a model: one safetensors file for each SIMD build, so that a host fetches only the one that it runs.
import type { Target } from '../../kernels/ir.ts';
import type { KernelSource } from '../../runtime/seam.ts';
import { readHeader } from './safetensors-header.ts';
import { type TensorToWrite, writeSafetensors } from './safetensors-writer.ts';
import { type ByteWriter, type FileStore, memorySource } from './source.ts';

/** Where in a model directory the kernels for a target lie; undefined for one whose kernels nobody compiles ahead. */
export function kernelFileOf(target: Target): string | undefined {
  return target.language === 'assembly' ? `kernels/${target.simd}.safetensors` : undefined;
}

/**
 * The kernels of a model directory; undefined where it has none for the target. The file is read as a whole.
 * @throws MmgemError when it is damaged
 */
export async function openKernels(store: FileStore, target: Target): Promise<KernelSource | undefined> {
  const path = kernelFileOf(target);
  if (path === undefined || !(await store.exists(path))) return undefined;
  const source = await store.open(path);
  try {
    return await readKernels(source.name, await source.read(0, source.size));
  } finally {
    await source.close?.();
  }
}

/** Kernels from the bytes of their file. @throws MmgemError when it is damaged */
export async function readKernels(name: string, bytes: Uint8Array): Promise<KernelSource> {
  const { tensors } = await readHeader(memorySource(name, bytes));
  return {
    description: name,
    async get(key) {
      const entry = tensors.get(key);
      return entry && bytes.subarray(entry.begin, entry.end);
    },
  };
}

/** Writes kernels by their keys, in their order. */
export async function writeKernels(writer: ByteWriter, kernels: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const entries = [...kernels].map(
    ([name, bytes]): TensorToWrite => ({ name, dtype: 'U8', shape: [bytes.length], data: () => bytes }),
  );
  await writeSafetensors(writer, entries);
}
