/** What a benchmark run found: plain data, which the table, the JSON file, the page and the floors are made of. */
import type { ContenderKind } from './contenders/contenders.ts';
import type { MachineDescription } from './machine.ts';
import type { KernelProfile } from './profile.ts';
import { median, quantile, type Summary } from './statistics.ts';
import type { Figure } from './suites/suite.ts';
import type { Work } from './work.ts';

export interface ContenderResult {
  readonly name: string;
  readonly kind: ContenderKind;
  /** What ran, or was to run. */
  readonly description: string;
  readonly notes: readonly string[];
  /** Why it was not timed: it could not be started, or its result differs. */
  readonly failure?: string;
  /** The contender that its ratio is of, where that one was timed; the leading one otherwise. */
  readonly counterpart?: string;
  /** max |a − b| / max |b|, b being the result of the first contender; of texts 0 where they are the same, 1 otherwise. */
  readonly difference?: number;
  /** Milliseconds of a run. */
  readonly time?: Summary;
  /** Milliseconds by round; null where it sat out. */
  readonly rounds?: readonly (number | null)[];
  readonly work?: Work;
  readonly profile?: readonly KernelProfile[];
}

export interface CaseResult {
  readonly suite: string;
  readonly case: string;
  readonly threads: number;
  readonly per?: { readonly count: number; readonly unit: string };
  readonly contenders: readonly ContenderResult[];
  /** What is no matter of time. */
  readonly figure?: Figure & { readonly against: string };
  /** Milliseconds that a program measured by itself, by name. */
  readonly milliseconds?: Readonly<Record<string, number>>;
  /** Why there is nothing. */
  readonly absent?: string;
}

export interface BenchmarkResult {
  readonly format: 'mmgem-bench/1';
  readonly machine: MachineDescription;
  readonly quick: boolean;
  /** The SIMD build that wasm chooses here: `wasm` stands for this contender. */
  readonly best?: string;
  /** Contenders that cannot run here, with the reason. */
  readonly unusable: Readonly<Record<string, string>>;
  readonly cases: readonly CaseResult[];
}

export interface Ratio {
  /** How many times as fast: the median time of the other over ours. Against the machine: the share of its limit. */
  readonly ratio: number;
  /** Quartiles of the ratios of the rounds that both took part in. */
  readonly quartiles: readonly [number, number];
}

/** What a contender's speed is counted in, against another: runs a second, or against a limit FLOP or bytes a second. */
function rateFactor(one: ContenderResult, other: ContenderResult): number | undefined {
  if (other.kind !== 'machine') return 1;
  const unit = other.name === 'machine-peak' ? 'flops' : 'bytes';
  const [done, most] = [one.work?.[unit], other.work?.[unit]];
  return done !== undefined && done > 0 && most !== undefined ? done / most : undefined;
}

/** Undefined where one of the two was not timed, or has no work to be set against a limit. */
export function ratioOf({ contenders }: CaseResult, name: string, against: string): Ratio | undefined {
  const [one, other] = [name, against].map((wanted) => contenders.find((contender) => contender.name === wanted));
  if (one?.time === undefined || other?.time === undefined) return undefined;
  const factor = rateFactor(one, other);
  if (factor === undefined) return undefined;
  const pairs = one.rounds!.flatMap((ours, round) => {
    const theirs = other.rounds![round];
    return ours === null || theirs === null || theirs === undefined ? [] : [(factor * theirs) / ours];
  });
  const ratio = (factor * other.time.median) / one.time.median;
  const quartiles =
    pairs.length > 0 ? ([quantile(pairs, 0.25), quantile(pairs, 0.75)] as const) : ([ratio, ratio] as const);
  return { ratio, quartiles };
}

/** The limits of the machine with so many threads, out of all that was measured of them. */
export function limitsOf(
  { cases }: BenchmarkResult,
  threads: number,
): { readonly flops?: number; readonly bytes?: number } {
  const rate = (name: string, unit: keyof Work): number | undefined => {
    const rates = cases
      .filter((one) => one.threads === threads)
      .flatMap(({ contenders }) => contenders.filter((contender) => contender.name === name && contender.time))
      .map(({ work, time }) => (1000 * work![unit]) / time!.median);
    return rates.length > 0 ? median(rates) : undefined;
  };
  const [flops, bytes] = [rate('machine-peak', 'flops'), rate('machine-bandwidth', 'bytes')];
  return { ...(flops !== undefined && { flops }), ...(bytes !== undefined && { bytes }) };
}

/** The contender of ours that others are set against: the build that wasm chooses, or the first of ours that was timed. */
export function leading({ contenders }: CaseResult, { best }: BenchmarkResult): ContenderResult | undefined {
  const timed = contenders.filter(({ kind, time }) => kind === 'backend' && time !== undefined);
  return timed.find(({ name }) => name === best) ?? timed[0];
}

/** Whether contenders run in several hosts, so that it has to be said in which. */
export const hasHosts = ({ contenders }: CaseResult): boolean => contenders.some(({ kind }) => kind === 'browser');

/** The contender of ours in Node that another is set against, and how they compare; undefined for the leading one itself. */
export function comparisonOf(
  one: CaseResult,
  { name, counterpart }: ContenderResult,
  ours: ContenderResult | undefined,
): { readonly reference: string; readonly ratio: number } | undefined {
  for (const reference of [counterpart, ours?.name]) {
    const ratio = reference === undefined || reference === name ? undefined : ratioOf(one, reference, name)?.ratio;
    if (reference !== undefined && ratio !== undefined) return { reference, ratio };
  }
  return undefined;
}
