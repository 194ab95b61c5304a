// Kernels compiled ahead for a model: one safetensors file for each SIMD build, so that a host fetches only the one that it runs.
import type { Target } from '../../kernels/ir.ts';
import type { KernelSource } from '../../runtime/seam.ts';
import { MmgemError } from '../errors.ts';
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
  const { tensors, metadata } = await readHeader(memorySource(name, bytes));
  const [first] = tensors.values();
  const data = bytes.subarray(first?.begin ?? bytes.length);
  if (metadata.get('sha256') !== (await sha256([data]))) {
    throw new MmgemError(`${name}: is damaged. Get it again, make it with mmgem kernels, or remove it.`);
  }
  return {
    description: name,
    async get(key) {
      const entry = tensors.get(key);
      return entry && bytes.subarray(entry.begin, entry.end);
    },
  };
}

/** Writes kernels by their keys. The order of keys is kept. */
export async function writeKernels(writer: ByteWriter, kernels: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const entries = [...kernels].map(
    ([name, bytes]): TensorToWrite => ({ name, dtype: 'U8', shape: [bytes.length], data: () => bytes }),
  );
  await writeSafetensors(writer, entries, { metadata: { sha256: await sha256([...kernels.values()]) } });
}

async function sha256(parts: Uint8Array[]): Promise<string> {
  const whole = await new Blob(parts as BlobPart[]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
