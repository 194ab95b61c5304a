/** What a host brings for the WebGPU executor: a device, and a way to let go of it. Dawn, wgpu and browsers each have one. */

/** How the device is asked for. Without options: every useful feature the adapter offers, and all of its limits. */
export interface DeviceOptions {
  /** false: leave out half-precision shaders, though the adapter offers them. */
  readonly f16?: boolean;
  /** false: leave out subgroup operations, though the adapter offers them. */
  readonly subgroups?: boolean;
  /** false: leave out timestamps, though the adapter offers them. `onTimes` is an error then. */
  readonly timestamps?: boolean;
  /**
   * Limits to ask for in place of the adapter's, by WebGPU's names: `{ maxStorageBuffersPerShaderStage: 8 }`. How a program
   * is tried on a smaller device than the one at hand.
   */
  readonly limits?: Readonly<Record<string, number>>;
}

export interface GpuHost {
  /** The backend's name: `dawn`, `webgpu`, … */
  readonly backend: string;
  /** @throws MmgemError when there is no adapter, or it gives no device. */
  requestDevice(options: DeviceOptions): Promise<{ readonly adapter: GPUAdapter; readonly device: GPUDevice }>;
  /** Drops whatever the host holds, after the device has been destroyed. */
  release(): void;
}
