/** What the executor's tests share: an executor on the driver of this process, and the oracle's results. */
import * as assert from 'uvu/assert';
import { evaluateExtent, type Sizes } from '../../dsl/extent.ts';
import type { BufferDeclaration, Step } from '../../kernels/ir.ts';
import type { HostArray } from '../../runtime/seam.ts';
import {
  createWebGpuExecutor,
  type WebGpuExecutor,
  type WebGpuExecutorOptions,
} from '../../runtime/webgpu/executor.ts';
import { openDawn } from '../../targets/node/dawn.ts';
import { evaluateStep } from '../support/evaluate-step.ts';

/** Registers a test that needs an adapter. */
export type RegisterTest = (name: string, run: () => Promise<void>) => void;

/** Runs `use` with an executor, which is closed afterwards whatever happens. */
export async function withExecutor(
  options: WebGpuExecutorOptions,
  use: (executor: WebGpuExecutor) => Promise<void>,
): Promise<void> {
  const executor = await createWebGpuExecutor(await openDawn(), options);
  try {
    await use(executor);
  } finally {
    await executor.close();
  }
}

/** A declaration of a step by its name. */
export function declarationOf(step: Step, name: string): BufferDeclaration {
  const found = step.buffers.find((buffer) => buffer.name === name);
  if (!found) throw new Error(`${step.name} declares no ${name}`);
  return found;
}

/** The outputs in float64, by source name. */
export function oracle(
  step: Step,
  given: Readonly<Record<string, HostArray>>,
  sizes: Sizes,
): Record<string, Float64Array> {
  const buffers = Object.fromEntries(
    step.buffers.map(({ name, source, size }) => {
      const data = given[source ?? name];
      return [name, data ? Float64Array.from(data) : new Float64Array(evaluateExtent(size, sizes))];
    }),
  );
  evaluateStep(step, buffers, sizes);
  const outputs = step.buffers.filter(({ role }) => role === 'output');
  return Object.fromEntries(outputs.map(({ name, source }) => [source ?? name, buffers[name]!]));
}

export function assertClose(actual: HostArray | undefined, expected: ArrayLike<number>, tolerance = 1e-6): void {
  assert.ok(actual, 'there is no such output');
  assert.is(actual.length, expected.length, 'lengths differ');
  for (let i = 0; i < expected.length; i++) {
    const error = actual[i] === expected[i] ? 0 : Math.abs(actual[i]! - expected[i]!);
    const allowed = tolerance && tolerance * Math.max(1, Math.abs(expected[i]!));
    assert.ok(error <= allowed, `element ${i} is ${actual[i]}, not ${expected[i]}`);
  }
}

/** n numbers between −1 and 1 that look random and are the same every time. */
export function numbers(n: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
