/** Proof by a small shader that an optional feature computes what it should: a driver may offer one and give zeros. */
import { usage } from './buffers.ts';
import type { Device } from './device.ts';
import type { Readback } from './readback.ts';

const threads = 64;

interface Probe {
  readonly feature: GPUFeatureName;
  /** Writes one f32 a thread to `result`. */
  readonly source: string;
  /** What is wrong with what the threads wrote, if anything. */
  judge(values: Float32Array): string | undefined;
}

/** Half precision: products, sums and conversion of numbers that are exact in it, and one that must be rounded. */
const f16Probe: Probe = {
  feature: 'shader-f16',
  source: `enable f16;
@group(0) @binding(0) var<storage, read_write> result: array<f32, ${threads}>;
var<workgroup> tile: array<f16, ${threads}>;
@compute @workgroup_size(${threads}) fn main(@builtin(local_invocation_index) i: u32) {
  tile[i] = f16(i) * 0.5h + 1.0h;
  workgroupBarrier();
  let pair = vec2<f16>(tile[${threads - 1} - i], f16(1.0 / 3.0));
  result[i] = f32(pair.x) + f32(pair.y);
}`,
  judge(values) {
    const third = 0.333251953125;
    const wrong = values.findIndex((value, i) => value !== (threads - 1 - i) * 0.5 + 1 + third);
    return wrong < 0 ? undefined : `thread ${wrong} computes ${values[wrong]} in half precision`;
  },
};

/** Subgroups: every thread's sum of ones is the size of its subgroup, and their sums of squares of ids add up. */
const subgroupProbe: Probe = {
  feature: 'subgroups',
  source: `enable subgroups;
@group(0) @binding(0) var<storage, read_write> result: array<f32, ${threads}>;
@compute @workgroup_size(${threads}) fn main(@builtin(local_invocation_index) i: u32, @builtin(subgroup_size) size: u32) {
  let count = subgroupAdd(1.0);
  let sum = subgroupAdd(f32(i) + 0.25);
  let largest = subgroupMax(f32(i));
  let share = select(-1000.0, sum / count, count == f32(size) && largest >= f32(i));
  result[i] = share;
}`,
  judge(values) {
    const sum = values.reduce((a, b) => a + b, 0);
    const expected = (threads * (threads - 1)) / 2 + threads * 0.25;
    return Math.abs(sum - expected) < 0.01 ? undefined : `sums over subgroups add up to ${sum}, not ${expected}`;
  },
};

/** Whether a feature may be relied on, and why not. */
export interface Proof {
  readonly usable: boolean;
  readonly reason: string;
}

async function prove(device: Device, readback: Readback, probe: Probe, wanted: boolean): Promise<Proof> {
  if (!wanted) return { usable: false, reason: 'switched off' };
  if (!device.gpu.features.has(probe.feature)) return { usable: false, reason: 'not offered by the adapter' };
  try {
    const fault = probe.judge(await runProbe(device, readback, probe));
    return fault ? { usable: false, reason: `offered, but wrong: ${fault}` } : { usable: true, reason: 'proven' };
  } catch (error) {
    device.assertUsable();
    return { usable: false, reason: `offered, but fails: ${error instanceof Error ? error.message : error}` };
  }
}

async function runProbe(device: Device, readback: Readback, { feature, source }: Probe): Promise<Float32Array> {
  const what = `probe of ${feature}`;
  const { gpu, buffers } = device;
  const { result: buffer, error } = device.checked(what, () => {
    const module = gpu.createShaderModule({ label: what, code: source });
    const pipeline = gpu.createComputePipeline({
      label: what,
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
    const made = buffers.create({ label: what, bytes: threads * 4, usage: usage.storage | usage.copySource });
    const encoder = gpu.createCommandEncoder({ label: what });
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      gpu.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: [{ binding: 0, resource: { buffer: made } }],
      }),
    );
    pass.dispatchWorkgroups(1);
    pass.end();
    gpu.queue.submit([encoder.finish()]);
    return made;
  });
  try {
    const failure = await error;
    if (failure) throw failure;
    return new Float32Array((await readback.read(buffer, threads * 4, what)).buffer);
  } finally {
    buffers.destroy(buffer);
  }
}

/** What holds on this device. */
export async function proveFeatures(
  device: Device,
  readback: Readback,
  wanted: { readonly f16: boolean; readonly subgroups: boolean },
): Promise<{ readonly f16: Proof; readonly subgroups: Proof }> {
  const f16 = await prove(device, readback, f16Probe, wanted.f16);
  const subgroups = await prove(device, readback, subgroupProbe, wanted.subgroups);
  return { f16, subgroups };
}
