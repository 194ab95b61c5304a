/** Which SIMD build is used: the best that the host can run and that proves to compute rightly. */
import { digest } from '../../dsl/digest.ts';
import { MmgemError } from '../../dsl/errors.ts';
import { BackendError } from '../backend.ts';
import type { Heap } from './heap.ts';
import type { BuildCandidate, SimdBuild, WasmHost } from './host.ts';
import type { Modules } from './modules.ts';
import { proofBytes } from './proof.ts';
import type { Team } from './team.ts';

/** `auto`: 256-bit where the host is known to run it well; `on`: an error where it cannot be used; `off`: never. */
export type WideOption = 'auto' | 'on' | 'off';

export interface Build {
  readonly simd: SimdBuild;
  readonly reason: string;
  /** Why each better build is not used. */
  readonly passedOver: Readonly<Partial<Record<SimdBuild, string>>>;
}

/** The register tile of a build, as a module of its own: `multiply(rows, depth, left, right, result, stride)`. */
export async function proofSource(simd: SimdBuild): Promise<string> {
  const { helperSources } = await import('../../kernels/assembly/helpers.ts');
  const { tileShape } = await import('../../kernels/assembly/tile.ts');
  const parameters = 'rows: i32, depth: i32, left: usize, right: usize, result: usize, stride: usize';
  const target = { language: 'assembly', simd } as const;
  // The function that most products of the build go through, here on a panel.
  const { rows, inPlace } = tileShape(target);
  const name = inPlace ? 'multiplyRows' : 'multiplyPanel';
  const call = `${name}(rows, depth, left${inPlace ? `, 4, ${4 * rows}` : ''}, right, result, stride);`;
  const helpers = helperSources([name], target);
  return `${helpers.join('\n\n')}\n\nexport function multiply(${parameters}): void {\n  ${call}\n}\n`;
}

/**
 * Tries the host's candidates, best first, and leaves switched on what the chosen one needs.
 * @throws BackendError when the build that was asked for, or every one, cannot be used.
 */
export async function chooseBuild(
  host: WasmHost,
  tools: { readonly modules: Modules; readonly team: Team; readonly heap: Heap },
  wanted: { readonly simd?: SimdBuild; readonly wide?: WideOption },
): Promise<Build> {
  const { candidates, excluded } = host.builds();
  const required = wanted.simd ?? (wanted.wide === 'on' ? 'wide' : undefined);
  const passedOver: Partial<Record<SimdBuild, string>> = { ...excluded };
  for (const candidate of candidates) {
    const { simd, reason } = candidate;
    const unwanted = whyUnwanted(simd, required, wanted.wide);
    const failure = unwanted ?? (await prove(candidate, host, tools));
    if (failure === undefined) return { simd, reason, passedOver };
    passedOver[simd] = failure;
  }
  const reasons = Object.entries(passedOver).map(([simd, reason]) => `${simd}: ${reason}`);
  if (required === undefined)
    throw new BackendError(`no SIMD build runs here: ${reasons.join('; ')}`, `Update ${host.engine}`);
  throw new BackendError(
    `the ${required} build cannot be used: ${passedOver[required]}`,
    'Leave the choice of the build to the engine',
  );
}

function whyUnwanted(simd: SimdBuild, required?: SimdBuild, wide?: WideOption): string | undefined {
  if (required !== undefined) return simd === required ? undefined : `${required} was asked for`;
  return simd === 'wide' && wide === 'off' ? 'switched off' : undefined;
}

/** Compiles and proves a build, unless it was proved here before; what is wrong with it, or undefined. */
async function prove(
  candidate: BuildCandidate,
  { codeIdentity, machine }: WasmHost,
  { modules, team, heap }: { readonly modules: Modules; readonly team: Team; readonly heap: Heap },
): Promise<string | undefined> {
  const { simd } = candidate;
  candidate.enable();
  // Proved once, a build holds for this machine and this code: neither computes otherwise the next time.
  const code = await codeIdentity();
  const key = code && digest(['proof', modules.identity, simd, code, machine].join('\n'));
  if (key && (await modules.find(key))) return undefined;
  const { tileShape } = await import('../../kernels/assembly/tile.ts');
  const { rows, columns } = tileShape({ language: 'assembly', simd });
  const module = await modules.module(await proofSource(simd), simd);
  const address = heap.allocate(proofBytes(rows, columns), 'the proof of a SIMD build');
  try {
    await team.ask({ kind: 'prove', proving: { module, rows, columns, address } });
    if (key) await modules.keep(key, new TextEncoder().encode(machine));
    return undefined;
  } catch (error) {
    if (!(error instanceof MmgemError)) throw error;
    candidate.disable();
    return error.message;
  } finally {
    heap.free(address);
  }
}
