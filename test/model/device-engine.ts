// The engine of the test target that this process runs on.

import { backends } from '#backends';
import { type Engine, openEngine } from '../../runtime/engine.ts';
import { currentTarget } from '../support/backends.ts';

export interface Device {
  readonly engine: Engine;
  /** Tolerated error of a model's forward pass, as the golden files' README has it. */
  readonly tolerance: number;
}

export async function openDevice(): Promise<Device> {
  const { backend, simd } = currentTarget();
  const engine = await openEngine(backend, backends, { ...(simd && { simd }) });
  return { engine, tolerance: backend === 'wasm' ? 5e-6 : 2e-5 };
}
