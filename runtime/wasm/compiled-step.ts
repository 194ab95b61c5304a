/**
 * Steps as they are compiled: an outline, what the printer tells of each kernel, and a module. Kept under what they were made
 * from, they spare a later process the passes and the printer, which take longer than all else that a start does.
 */
import type { Step } from '../../kernels/ir.ts';
import { outlineOf, type StepOutline } from '../../kernels/outline.ts';
import type { AssemblyModule, PrintedAssembly } from '../../kernels/printed.ts';
import type { KernelSource } from '../seam.ts';
import type { SimdBuild } from './host.ts';
import type { Modules } from './modules.ts';

export interface CompiledStep {
  readonly outline: StepOutline;
  readonly kernels: readonly PrintedAssembly[];
  readonly bytes: Uint8Array;
  /** Absent where the step was not printed. */
  readonly source?: string;
}

/** A compiled step as text; its module is kept by itself, as steps may share one. */
interface KeptStep extends Pick<CompiledStep, 'outline' | 'kernels'> {
  readonly module: string;
}

export class CompiledSteps {
  #modules: Modules;
  #codeIdentity: () => Promise<string | undefined>;

  /** @param codeIdentity see `WasmHost` */
  constructor(modules: Modules, codeIdentity: () => Promise<string | undefined>) {
    this.#modules = modules;
    this.#codeIdentity = codeIdentity;
  }

  /** What the step of an origin is kept under; undefined where the host cannot tell its code from other code. */
  async keyOf(origin: string, simd: SimdBuild): Promise<string | undefined> {
    const code = await this.#codeIdentity();
    return code === undefined ? undefined : this.#modules.keyOf(simd, 'step', code, origin);
  }

  /** What was compiled under a key before. */
  async find(key: string, ahead?: KernelSource): Promise<CompiledStep | undefined> {
    const text = await this.#modules.find(key, ahead);
    if (!text) return undefined;
    const { outline, kernels, module } = JSON.parse(new TextDecoder().decode(text)) as KeptStep;
    const bytes = await this.#modules.find(module, ahead);
    return bytes && { outline, kernels, bytes };
  }

  /** Compiles a step that was printed, and keeps it under a key. @throws MmgemError when it does not compile */
  async compile(
    step: Step,
    { source, kernels }: AssemblyModule,
    simd: SimdBuild,
    key?: string,
    ahead?: KernelSource,
  ): Promise<CompiledStep> {
    const { key: module, bytes } = await this.#modules.compiled(source, simd, ahead);
    const outline = outlineOf(step);
    if (key !== undefined) {
      const kept: KeptStep = { outline, kernels, module };
      await this.#modules.keep(key, new TextEncoder().encode(JSON.stringify(kept)));
    }
    return { outline, kernels, bytes, source };
  }
}
