/** The SIMD builds that this browser could run. */
import type { BuildCandidate, BuildChoice, SimdBuild } from '../../../runtime/wasm/host.ts';
import { hasRelaxedSimd, hasSimd } from '../../../runtime/wasm/simd.ts';
import { browserName } from '../browser-name.ts';

/** The candidates, best first. */
export function browserBuilds(): BuildChoice {
  const name = browserName();
  const excluded: Partial<Record<SimdBuild, string>> = {
    wide: 'browsers do not pair vectors; Node does, behind a flag of V8',
  };
  const candidates: BuildCandidate[] = [];
  for (const [simd, present] of [
    ['relaxed', hasRelaxedSimd()],
    ['baseline', hasSimd()],
  ] as const) {
    if (present) candidates.push({ simd, reason: `${name} runs it correctly`, enable() {}, disable() {} });
    else excluded[simd] = `${name} has no ${simd === 'relaxed' ? 'relaxed SIMD' : 'SIMD'}`;
  }
  return { candidates, excluded };
}
