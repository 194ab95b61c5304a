/**
 * The SIMD builds that this process could run, and the V8 flags that they need. Flags hold for the whole process, its
 * worker threads included, and for modules that are compiled after they were set.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { BuildCandidate, BuildChoice, SimdBuild } from '../../../runtime/wasm/host.ts';
import { hasRelaxedSimd, hasSimd } from '../../../runtime/wasm/simd.ts';

/** A flag that is off unless set; `enable` and `disable` are its two forms. */
function switchFor(flag: string): { readonly enable: () => void; readonly disable: () => void } {
  return {
    enable: () => setFlagsFromString(`--${flag}`),
    disable: () => setFlagsFromString(`--no-${flag}`),
  };
}

const relaxedFlag = switchFor('experimental-wasm-relaxed-simd');
const wideFlag = switchFor('experimental-wasm-revectorize');

/** The first Node whose V8 has the 256-bit revectorizer. */
const wideNode = 24;

/** What the choice depends on besides V8; tests give others. */
export interface Machine {
  readonly arch: string;
  readonly nodeMajor: number;
  /** Whether the processor has 256-bit AVX2 and FMA; undefined where the system does not tell. */
  readonly avx2: boolean | undefined;
}

export function thisMachine(): Machine {
  return { arch: process.arch, nodeMajor: Number.parseInt(process.versions.node, 10), avx2: readAvx2() };
}

function readAvx2(): boolean | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' ');
    return flags ? ['avx2', 'fma'].every((flag) => flags.includes(flag)) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The candidates, best first. Leaves no flag set. `insist`: offers 256-bit SIMD also where it is not known to be fast.
 */
export function findBuilds(machine: Machine = thisMachine(), insist = false): BuildChoice {
  const excluded: Partial<Record<SimdBuild, string>> = {};
  const candidates: BuildCandidate[] = [];
  const relaxed = findRelaxed();
  if (typeof relaxed === 'string') excluded.relaxed = relaxed;
  const obstacle = typeof relaxed === 'string' ? relaxed : wideObstacle(machine, insist);
  if (obstacle !== undefined) excluded.wide = obstacle;
  if (typeof relaxed !== 'string') {
    if (obstacle === undefined) candidates.push(wideOver(relaxed));
    candidates.push(relaxed);
  }
  if (hasSimd()) {
    candidates.push({ simd: 'baseline', reason: 'V8 runs it correctly', enable() {}, disable() {} });
  } else excluded.baseline = 'V8 has no SIMD on this processor';
  return { candidates, excluded };
}

/** The relaxed build, or why there is none. */
function findRelaxed(): BuildCandidate | string {
  const candidate = { simd: 'relaxed', reason: 'V8 runs it correctly' } as const;
  if (hasRelaxedSimd()) return { ...candidate, enable() {}, disable() {} };
  relaxedFlag.enable();
  const works = hasRelaxedSimd();
  relaxedFlag.disable();
  if (!works) return 'V8 has no relaxed SIMD';
  return { ...candidate, reason: 'V8 runs it correctly, behind a flag', ...relaxedFlag };
}

function wideObstacle({ arch, nodeMajor, avx2 }: Machine, insist: boolean): string | undefined {
  if (arch !== 'x64') return `V8 pairs vectors on x64 alone, this is ${arch}`;
  if (nodeMajor < wideNode) return `it needs Node ${wideNode} or later`;
  if (avx2 === false) return 'the processor has no AVX2';
  return avx2 || insist ? undefined : 'whether the processor has AVX2 is not known';
}

function wideOver(relaxed: BuildCandidate): BuildCandidate {
  return {
    simd: 'wide',
    reason: "V8's revectorizer runs it correctly",
    enable() {
      relaxed.enable();
      wideFlag.enable();
    },
    disable: wideFlag.disable,
  };
}
