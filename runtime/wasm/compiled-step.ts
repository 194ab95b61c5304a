/**
 * Steps as they are compiled: an outline, what the printer tells of each kernel, and a module. Kept under what they were made
 * from, they spare a later process the passes and the printer, which take longer than all else that a start does.
 */
import { digest } from '../../dsl/digest.ts';
import type { Step } from '../../kernels/ir.ts';
import { outlineOf, type StepOutline } from '../../kernels/outline.ts';
import type { AssemblyModule, PrintedAssembly } from '../../kernels/printed.ts';
import type { KernelSource } from '../seam.ts';
import type { SimdBuild } from './host.ts';
import { damaged, type KeptBytes, type Modules } from './modules.ts';

export interface CompiledStep {
  readonly outline: StepOutline;
  readonly kernels: readonly PrintedAssembly[];
  readonly module: KeptBytes;
  /** Absent where the step was not printed. */
  readonly source?: string;
}

/** A compiled step as text; its module is kept by itself, as steps may share one. */
interface KeptStep extends Pick<CompiledStep, 'outline' | 'kernels'> {
  /** The module's key. */
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
    return code && digest(['step', this.#modules.identity, simd, code, origin].join('\n'));
  }

  /** What was compiled under a key before. */
  async find(key: string, ahead?: KernelSource): Promise<CompiledStep | undefined> {
    const kept = await this.#modules.find(key, ahead);
    if (!kept) return undefined;
    const { outline, kernels, module } = readStep(kept);
    const found = await this.#modules.find(module, ahead);
    return found && { outline, kernels, module: found };
  }

  /** Compiles a step that was printed, and keeps it under a key. @throws MmgemError when it does not compile */
  async compile(
    step: Step,
    { source, kernels }: AssemblyModule,
    simd: SimdBuild,
    key?: string,
    ahead?: KernelSource,
  ): Promise<CompiledStep> {
    const module = await this.#modules.compiled(source, simd, ahead);
    const outline = outlineOf(step);
    if (key !== undefined) {
      const kept: KeptStep = { outline, kernels, module: module.key };
      await this.#modules.keep(key, new TextEncoder().encode(JSON.stringify(kept)));
    }
    return { outline, kernels, module, source };
  }
}

function readStep({ bytes, place }: KeptBytes): KeptStep {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as KeptStep;
  } catch (error) {
    throw damaged(place, error);
  }
}
