/** Runs printed kernels on the Vulkan driver of this process through Dawn, without the engine's executor. */
import { create, globals } from 'webgpu';
import { evaluateExtent, type Sizes } from '../../dsl/extent.ts';
import type { BufferDeclaration, Step, WgslTarget } from '../../kernels/ir.ts';
import type { PrintedWgsl } from '../../kernels/printed.ts';
import { uniformLayout } from '../../kernels/wgsl/print.ts';
import { decode, encode } from './elements.ts';

const features: readonly GPUFeatureName[] = ['shader-f16', 'subgroups'];
const limits = ['maxStorageBuffersPerShaderStage', 'maxComputeWorkgroupStorageSize'] as const;

export type Contents = Readonly<Record<string, ArrayLike<number>>>;

export class TestDevice {
  readonly target: WgslTarget;
  /** Kept because garbage collection of this object while the device lives ends the process. */
  gpu: GPU | undefined;
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Promise<{ pipeline: GPUComputePipeline; layout: GPUBindGroupLayout }>>();

  constructor(gpu: GPU, device: GPUDevice) {
    this.gpu = gpu;
    this.#device = device;
    this.target = {
      language: 'wgsl',
      subgroups: device.features.has('subgroups'),
      f16: device.features.has('shader-f16'),
      maxStorageBuffers: device.limits.maxStorageBuffersPerShaderStage,
      maxWorkgroupStorage: 16384,
      maxInvocations: 256,
    };
  }

  static async open(): Promise<TestDevice> {
    Object.assign(globalThis, globals);
    const gpu = create([]);
    const adapter = await gpu.requestAdapter();
    if (!adapter) throw new Error('Dawn finds no adapter: set VK_DRIVER_FILES to a Vulkan driver');
    const device = await adapter.requestDevice({
      requiredFeatures: features.filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(limits.map((name) => [name, adapter.limits[name]])),
    });
    return new TestDevice(gpu, device);
  }

  async close(): Promise<void> {
    this.#device.destroy();
    await this.#device.lost;
    this.gpu = undefined;
  }

  /** Runs the kernels on buffers with these contents (zeros where there are none) and returns all buffers afterwards. */
  async run(
    step: Step,
    kernels: readonly PrintedWgsl[],
    contents: Contents,
    sizes: Sizes,
  ): Promise<Record<string, Float64Array>> {
    const buffers = new Map(step.buffers.map((buffer) => [buffer.name, this.#buffer(buffer, contents, sizes)]));
    const uniform = this.#uniform(step, sizes);
    const encoder = this.#device.createCommandEncoder();
    for (const kernel of kernels) await this.#dispatch(encoder, kernel, buffers, uniform, sizes);
    this.#device.queue.submit([encoder.finish()]);
    const results: Record<string, Float64Array> = {};
    for (const declaration of step.buffers) {
      const bytes = await this.#read(buffers.get(declaration.name)!);
      results[declaration.name] = decode(declaration.dtype, bytes, evaluateExtent(declaration.size, sizes));
    }
    for (const buffer of [...buffers.values(), uniform]) buffer.destroy();
    return results;
  }

  #buffer({ name, dtype, size }: BufferDeclaration, contents: Contents, sizes: Sizes): GPUBuffer {
    const elements = encode(dtype, contents[name] ?? new Float64Array(evaluateExtent(size, sizes)));
    return this.#filled(elements, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
  }

  #uniform(step: Step, sizes: Sizes): GPUBuffer {
    const { fields } = uniformLayout(step);
    const values = Int32Array.from(fields, (name) => sizes[name] ?? 0);
    return this.#filled(new Uint8Array(values.buffer), GPUBufferUsage.UNIFORM);
  }

  /** A buffer filled up to a multiple of 16 bytes. */
  #filled(bytes: Uint8Array, usage: GPUBufferUsageFlags): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes.length / 16) * 16);
    const buffer = this.#device.createBuffer({ size, usage: usage | GPUBufferUsage.COPY_DST, mappedAtCreation: true });
    new Uint8Array(buffer.getMappedRange()).set(bytes);
    buffer.unmap();
    return buffer;
  }

  async #dispatch(
    encoder: GPUCommandEncoder,
    printed: PrintedWgsl,
    buffers: ReadonlyMap<string, GPUBuffer>,
    uniform: GPUBuffer,
    sizes: Sizes,
  ): Promise<void> {
    const count = printed.workgroups.reduce(
      (n, { extent, per }) => n * Math.ceil(evaluateExtent(extent, sizes) / per),
      1,
    );
    const { pipeline, layout } = await this.#cached(printed);
    const bound = [...printed.bindings.map(({ buffer }) => buffers.get(buffer)!), uniform];
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      this.#device.createBindGroup({
        layout,
        entries: bound.map((buffer, binding) => ({ binding, resource: { buffer } })),
      }),
    );
    // Folded even where it need not be, so that kernels have to leave the workgroups to spare alone.
    const rows = count > 3 ? 2 : 1;
    pass.dispatchWorkgroups(Math.ceil(count / rows), rows);
    pass.end();
  }

  #cached(printed: PrintedWgsl): Promise<{ pipeline: GPUComputePipeline; layout: GPUBindGroupLayout }> {
    const built = this.#pipelines.get(printed.source) ?? this.#pipeline(printed);
    this.#pipelines.set(printed.source, built);
    return built;
  }

  async #pipeline({
    source,
    kernel,
    variant,
    bindings,
  }: PrintedWgsl): Promise<{ pipeline: GPUComputePipeline; layout: GPUBindGroupLayout }> {
    const module = this.#device.createShaderModule({ code: source });
    const { messages } = await module.getCompilationInfo();
    const errors = messages.filter(({ type }) => type === 'error');
    if (errors.length > 0) {
      const told = errors.map(({ lineNum, message }) => `line ${lineNum}: ${message}`).join('\n');
      throw new Error(`${kernel} (${variant}): ${told}\n${source}`);
    }
    const types = [
      ...bindings.map(({ access }) => (access === 'read' ? 'read-only-storage' : 'storage')),
      'uniform',
    ] as const;
    const layout = this.#device.createBindGroupLayout({
      entries: types.map((type, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } })),
    });
    const pipeline = await this.#device.createComputePipelineAsync({
      layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main' },
    });
    return { pipeline, layout };
  }

  async #read(buffer: GPUBuffer): Promise<Uint8Array> {
    const staging = this.#device.createBuffer({
      size: buffer.size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
    this.#device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const bytes = new Uint8Array(staging.getMappedRange()).slice();
    staging.unmap();
    staging.destroy();
    return bytes;
  }
}
