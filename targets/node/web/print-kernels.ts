/** The sources of a model's kernels for WebAssembly, as the engine prints them that the page loads. */

import { printAssemblyModule } from '../../../kernels/assembly/module.ts';
import { compileGraph } from '../../../kernels/compile.ts';
import { loadOn } from '../../../model/load.ts';
import type { GraphEngine } from '../../../model/session/programs.ts';
import { proofSource } from '../../../runtime/wasm/build.ts';
import type { SimdBuild } from '../../../runtime/wasm/host.ts';
import { prepare } from '../../browser/page/work/prepare.ts';
import { directoryStore } from '../files.ts';

/** What the page's engine compiles for a model directory: the proof of its build, and all programs that the page prepares. */
export async function kernelSources(model: string, simd: SimdBuild): Promise<string[]> {
  const sources = [proofSource(simd)];
  const host = { openStore: directoryStore, decodeImage: () => Promise.reject(new Error('no images here')) };
  await withoutStacks(async () => {
    const loaded = await loadOn(model, host, printingEngine(simd, sources), { prepare });
    await loaded.close();
  });
  return sources;
}

/**
 * Kernels are named after the places where their tensors were made, which the stack tells; in the page's engine, which is one file,
 * it tells nothing, and they have other names.
 */
async function withoutStacks(work: () => Promise<void>): Promise<void> {
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = () => '';
  try {
    await work();
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}

/** An engine that prints what it is to compile, and keeps nothing. */
function printingEngine(simd: SimdBuild, sources: string[]): GraphEngine {
  const target = { language: 'assembly', simd } as const;
  const never = (): never => {
    throw new Error('kernels that are printed do not run');
  };
  return {
    async compile(graph) {
      const step = compileGraph(graph, target);
      sources.push(printAssemblyModule(step, target).source);
      return { step, sources: [], plan: never, run: never, close: async () => {} };
    },
    createStore: () => ({
      bytes: 0,
      write: async () => {},
      reserve: async () => {},
      read: never,
      close: async () => {},
    }),
    memory: () => ({ current: 0, peak: 0 }),
  };
}
