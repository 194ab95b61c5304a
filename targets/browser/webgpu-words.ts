/** Why a browser has no WebGPU or no adapter, and what to do about it. */
import type { NavigatorGpuWords } from '../web/gpu.ts';
import { browserName } from './browser-name.ts';

/** What the words depend on; tests give others. */
export interface Scope {
  readonly isSecureContext: boolean;
  readonly origin: string;
  readonly userAgent: string;
}

function thisScope(): Scope {
  return { isSecureContext: globalThis.isSecureContext, origin: location.origin, userAgent: navigator.userAgent };
}

interface Words {
  readonly reason: string;
  readonly remedy: string;
}

const orWasm = "or open 'wasm'";

/** Remedies by what the user agent tells, the first that fits. */
const absentRemedies: readonly (readonly [RegExp, string])[] = [
  [/Firefox/, 'Update it (Windows has WebGPU from 141 on, macOS from 145), or set dom.webgpu.enabled in about:config'],
  [/Chrom.*Linux|Linux.*Chrom/, 'Update it (113 or later), or start it with --enable-unsafe-webgpu'],
  [/Chrom/, 'Update it (113 or later)'],
  [/Safari/, 'Update it (26 or later)'],
];
const adapterRemedies: readonly (readonly [RegExp, string])[] = [
  [/Firefox/, 'Look at about:support, "WebGPU"; gfx.webgpu.ignore-blocklist in about:config lets blocked drivers in'],
  [/Linux.*Chrom/, 'Look at chrome://gpu, "WebGPU"; on Linux it may need --enable-unsafe-webgpu'],
  [/Chrom/, 'Look at chrome://gpu, "WebGPU", and switch hardware acceleration on in the settings'],
];

export function webGpuWords(scope: Scope = thisScope()): NavigatorGpuWords {
  const name = browserName(scope);
  return {
    backend: 'webgpu',
    absent: scope.isSecureContext
      ? { reason: `${name} has no WebGPU switched on`, remedy: remedyFor(scope, absentRemedies) }
      : insecure(scope),
    noAdapter: { reason: `${name} has no GPU adapter to offer`, remedy: remedyFor(scope, adapterRemedies) },
  };
}

function insecure({ origin }: Scope): Words {
  return {
    reason: `browsers have WebGPU in secure contexts alone, and ${origin} is none`,
    remedy: `Serve the page over https or from localhost, ${orWasm}`,
  };
}

function remedyFor({ userAgent }: Scope, remedies: readonly (readonly [RegExp, string])[]): string {
  const remedy = remedies.find(([mark]) => mark.test(userAgent))?.[1] ?? 'Use another browser';
  return `${remedy}, ${orWasm}`;
}
