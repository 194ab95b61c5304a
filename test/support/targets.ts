/** Targets to compile for where no device takes part. */
import type { AssemblyTarget, WgslTarget } from '../../kernels/ir.ts';

export const assembly: AssemblyTarget = { language: 'assembly', simd: 'relaxed' };

/** The least that WebGPU promises. */
export const wgsl: WgslTarget = {
  language: 'wgsl',
  subgroups: false,
  f16: false,
  maxStorageBuffers: 8,
  maxWorkgroupStorage: 16384,
  maxInvocations: 256,
};
