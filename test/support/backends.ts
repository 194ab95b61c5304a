/** A Vulkan driver that a test process is given instead of the system's choice. */
export interface DriverRequirement {
  /** What the driver's manifest is called. */
  readonly manifest: RegExp;
  readonly remedy: string;
}

/** One way to run a device test: a backend with one build or one driver. */
export interface TestTarget {
  readonly name: string;
  readonly backend: 'wasm' | 'dawn' | 'wgpu';
  /** Run by Deno, not Node. */
  readonly deno?: true;
  /** The device tests that are run on it, by their names; all that concern its backend unless told. */
  readonly only?: RegExp;
  /** The SIMD build of the WebAssembly kernels. */
  readonly simd?: 'baseline' | 'relaxed' | 'wide';
  /** The lowest major version of Node that can run it, where it is higher than the package's own. */
  readonly nodeMajor?: number;
  readonly driver?: DriverRequirement;
  /** Runs only when asked for by name: the machine need not have it. */
  readonly onRequest?: true;
}

const lavapipe = /^lvp_icd.*\.json$/;
/** In Deno the host and wgpu's compiler are what may differ: whole models and all operators show that. */
const inDeno = { deno: true, only: /^verify\/|^model\/stories/ } as const;

/** What every `*.device.test.ts` file runs on, in this order. */
export const testTargets: readonly TestTarget[] = [
  { name: 'wasm-baseline', backend: 'wasm', simd: 'baseline' },
  { name: 'wasm-relaxed', backend: 'wasm', simd: 'relaxed' },
  { name: 'wasm-wide', backend: 'wasm', simd: 'wide', nodeMajor: 24 },
  {
    name: 'dawn-lavapipe',
    backend: 'dawn',
    driver: {
      manifest: lavapipe,
      remedy: 'install mesa-vulkan-drivers 23 or later (Debian 12: from bookworm-backports)',
    },
  },
  {
    name: 'dawn-swiftshader',
    backend: 'dawn',
    driver: { manifest: /^vk_swiftshader_icd\.json$/, remedy: "install Debian's package chromium, which brings it" },
  },
  { name: 'deno-wasm', backend: 'wasm', simd: 'relaxed', ...inDeno },
  {
    name: 'deno-wgpu',
    backend: 'wgpu',
    driver: { manifest: lavapipe, remedy: 'install mesa-vulkan-drivers' },
    ...inDeno,
  },
  { name: 'dawn-system', backend: 'dawn', onRequest: true },
];

export const targetNames: readonly string[] = testTargets.map((target) => target.name);

/** The test target of a name. Throws for a name that is none. */
export function testTarget(name: string): TestTarget {
  const found = testTargets.find((target) => target.name === name);
  if (found === undefined) throw new Error(`${name} is no test target; there are ${targetNames.join(', ')}.`);
  return found;
}

/**
 * The target that this process of a device test is to run on: the runner names it in `MMGEM_TARGET`.
 * A device test started by hand without it runs on `wasm-baseline` and says so.
 */
export function currentTarget(): TestTarget {
  const name = process.env.MMGEM_TARGET;
  if (name !== undefined) return testTarget(name);
  const fallback = testTarget('wasm-baseline');
  console.log(`MMGEM_TARGET is not set: this device test runs on ${fallback.name}.`);
  return fallback;
}
