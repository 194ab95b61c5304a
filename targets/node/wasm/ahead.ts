/** Compiles kernels ahead, into files: those of a model, and the engine's own. */
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { Graph } from '../../../dsl/index.ts';
import { kernelFileOf, writeKernels } from '../../../model/files/kernel-file.ts';
import { type AheadHost, compileAhead, compileOwnModules } from '../../../runtime/wasm/ahead.ts';
import type { SimdBuild } from '../../../runtime/wasm/host.ts';
import { writeAtomically } from '../files.ts';
import { DiskCache } from './cache.ts';
import { createCompilers } from './compiler.ts';
import { codeIdentity } from './identity.ts';

export interface KernelFile {
  readonly file: string;
  readonly simd: SimdBuild;
  readonly bytes: number;
}

export type OnCompiled = (simd: SimdBuild, graph: string, done: number) => void;

/**
 * Writes the kernels of a model's programs into its folder, a file for each build.
 * @throws MmgemError when a kernel does not compile, or a file cannot be written
 */
export async function writeModelKernels(
  folder: string,
  graphs: readonly Graph[],
  builds: readonly SimdBuild[],
  onCompiled?: OnCompiled,
): Promise<readonly KernelFile[]> {
  return withCompiler(async (host) => {
    const files: KernelFile[] = [];
    for (const simd of builds) {
      const kernels = await compileAhead(graphs, simd, host, (graph, done) => onCompiled?.(simd, graph, done));
      const file = join(folder, kernelFileOf({ language: 'assembly', simd })!);
      files.push({ file, simd, bytes: await writeKernelFile(file, kernels) });
    }
    return files;
  });
}

/** Writes the engine's own modules into a file. */
export function writeOwnModules(file: string): Promise<number> {
  return withCompiler(async (host) => writeKernelFile(file, await compileOwnModules(host)));
}

/** @returns bytes of the file */
async function writeKernelFile(file: string, kernels: ReadonlyMap<string, Uint8Array>): Promise<number> {
  let written = 0;
  await mkdir(dirname(file), { recursive: true });
  await writeAtomically(file, ({ name, write }) =>
    writeKernels(
      {
        name,
        async write(bytes) {
          await write(bytes);
          written += bytes.length;
        },
      },
      kernels,
    ),
  );
  return written;
}

async function withCompiler<T>(work: (host: AheadHost) => Promise<T>): Promise<T> {
  const compiler = createCompilers(availableParallelism());
  const identity = codeIdentity();
  try {
    return await work({ compiler, cache: new DiskCache(), codeIdentity: async () => identity });
  } finally {
    await compiler.close();
  }
}
