/** WGSL to compute pipelines: all at once, each source once, and errors that show the line. */
import { MmgemError } from '../../dsl/errors.ts';
import { withoutNames } from '../../kernels/alike.ts';
import type { PrintedWgsl } from '../../kernels/printed.ts';
import { type Device, messageOf } from './device.ts';

/** GPUShaderStage.COMPUTE. */
const computeStage = 0x4;

export interface KernelPipeline {
  readonly printed: PrintedWgsl;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

type Built = Omit<KernelPipeline, 'printed'>;

export class Pipelines {
  #device: Device;
  #built = new Map<string, Promise<Built>>();

  constructor(device: Device) {
    this.#device = device;
  }

  /**
   * Pipelines for all kernels of a step, compiled side by side. Kernels that are alike share one.
   * @throws MmgemError with the kernel's name and the place in its source when the device rejects one.
   */
  async compile(
    kernels: readonly PrintedWgsl[],
    onProgress: (done: number, total: number) => void = () => {},
  ): Promise<KernelPipeline[]> {
    let done = 0;
    onProgress(done, kernels.length);
    const outcomes = await Promise.allSettled(
      kernels.map(async (printed) => {
        const built = await this.#pipeline(printed);
        onProgress(++done, kernels.length);
        return { printed, ...built };
      }),
    );
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    const [first] = failed;
    if (first) throw await this.#device.explain(withCount(first.reason, failed.length, kernels.length), 'compiling');
    return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  }

  #pipeline(printed: PrintedWgsl): Promise<Built> {
    const key = `${printed.bindings.map(({ access }) => access).join(' ')} ${withoutNames(printed.source)}`;
    const before = this.#built.get(key);
    if (before) return before;
    const built = this.#build(printed);
    this.#built.set(key, built);
    built.catch(() => this.#built.delete(key));
    return built;
  }

  async #build(printed: PrintedWgsl): Promise<Built> {
    const { gpu } = this.#device;
    const label = `${printed.kernel} (${printed.variant})`;
    const { result, error } = this.#device.checked(label, () => {
      const module = gpu.createShaderModule({ label, code: printed.source });
      const layout = gpu.createBindGroupLayout({ label, entries: layoutEntries(printed) });
      return { module, layout, pipelineLayout: gpu.createPipelineLayout({ label, bindGroupLayouts: [layout] }) };
    });
    const pipeline = gpu.createComputePipelineAsync({
      label,
      layout: result.pipelineLayout,
      compute: { module: result.module, entryPoint: 'main' },
    });
    const [rejected, outcome] = await Promise.all([error, settle(pipeline)]);
    if (!rejected && 'value' in outcome) return { pipeline: outcome.value, layout: result.layout };
    const place = await describeCompilation(result.module, printed.source);
    throw new MmgemError(
      `kernel ${label} does not compile on ${this.#device.name}: ${place ?? rejected?.message ?? messageOf('error' in outcome && outcome.error)}`,
    );
  }
}

async function settle<T>(promise: Promise<T>): Promise<{ value: T } | { error: unknown }> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

function withCount(error: unknown, failed: number, total: number): unknown {
  if (failed < 2 || !(error instanceof MmgemError)) return error;
  return new MmgemError(`${error.message}\n(${failed} of ${total} kernels failed; this is the first)`, {
    cause: error,
  });
}

/** The storage bindings, then the sizes' uniform, which a kernel may leave unused. */
function layoutEntries({ bindings }: PrintedWgsl): GPUBindGroupLayoutEntry[] {
  const storage = bindings.map(
    ({ access }): GPUBufferBindingType => (access === 'read' ? 'read-only-storage' : 'storage'),
  );
  return [...storage, 'uniform' as const].map((type, binding) => ({
    binding,
    visibility: computeStage,
    buffer: { type },
  }));
}

/** The compiler's first error with the lines around it, or undefined when it has none. */
async function describeCompilation(module: GPUShaderModule, source: string): Promise<string | undefined> {
  const { messages } = await module.getCompilationInfo();
  const error = messages.find(({ type }) => type === 'error');
  if (!error) return undefined;
  return `line ${error.lineNum}:${error.linePos}: ${error.message}\n${excerpt(source, error.lineNum, error.linePos)}`;
}

/** Two lines before and after, numbered, and a mark below the column. */
function excerpt(source: string, line: number, column: number): string {
  const lines = source.split('\n');
  const shown: string[] = [];
  for (let number = Math.max(1, line - 2); number <= Math.min(lines.length, line + 2); number++) {
    const margin = `${number}`.padStart(5);
    shown.push(`${margin} | ${lines[number - 1]}`);
    if (number === line) shown.push(`${' '.repeat(5)} | ${' '.repeat(Math.max(0, column - 1))}^`);
  }
  return shown.join('\n');
}
