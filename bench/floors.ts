/** Floors: what ratios must not fall below. They are ratios of one run, never seconds. */
import { MmgemError } from '../dsl/errors.ts';
import { threadsText } from './report/format.ts';
import { type BenchmarkResult, type CaseResult, ratioOf } from './result.ts';

export interface Floor {
  readonly suite: string;
  /** Names of cases. */
  readonly cases: readonly string[];
  /** A contender; `wasm` is the best build. Figures have none. */
  readonly backend?: string;
  /** A peer, a limit of the machine, `lower bound`; or a figure that was measured elsewhere, see `elsewhere`. */
  readonly against: string;
  /** What was measured once, on a named processor, with a program that cannot run here: the ratio is our rate over it. */
  readonly elsewhere?: {
    readonly rate: number;
    readonly unit: string;
    readonly processor: string;
    readonly cores: number;
  };
  /** Major versions of Node; all unless told. */
  readonly node?: readonly number[];
  /** Numbers of threads; all unless told. */
  readonly threads?: readonly number[];
  /** The ratio must be at least so much … */
  readonly least?: number;
  /** … or at most so much. */
  readonly most?: number;
  /** Ratios that were measured when floors were last recorded: by case and threads. */
  readonly measured?: Readonly<Record<string, number>>;
}

export interface FloorsFile {
  readonly about: string;
  readonly floors: readonly Floor[];
}

export interface Verdict {
  readonly floor: Floor;
  readonly case: string;
  readonly threads: number;
  readonly state: 'reached' | 'missed' | 'not measured';
  readonly ratio?: number;
  /** Why it was not measured. */
  readonly reason?: string;
}

/** @throws MmgemError naming the entry that is none */
export function checkFloorsFile(json: unknown, file: string): FloorsFile {
  const { floors } = (json ?? {}) as Partial<FloorsFile>;
  if (!Array.isArray(floors)) throw new MmgemError(`${file}: has no list of floors. Restore it from version control.`);
  floors.forEach((floor: Partial<Floor>, index) => {
    const bounds = [floor.least, floor.most].filter((bound) => typeof bound === 'number' && bound > 0);
    if (typeof floor.suite === 'string' && Array.isArray(floor.cases) && floor.against && bounds.length === 1) return;
    throw new MmgemError(`${file}: floor ${index} needs suite, cases, against, and either least or most above 0.`);
  });
  return json as FloorsFile;
}

/** A verdict for every floor and case of it, for each number of threads that was measured. */
export function judge({ floors }: FloorsFile, result: BenchmarkResult): Verdict[] {
  return floors.flatMap((floor) =>
    floor.cases.flatMap((name): Verdict[] => {
      const unfit = whyUnfit(floor, result);
      const found = result.cases.filter((one) => one.suite === floor.suite && one.case === name);
      const fitting = found.filter(({ threads }) => floor.threads?.includes(threads) ?? true);
      const reason = unfit ?? (fitting.length === 0 ? 'the case was not measured' : undefined);
      if (reason !== undefined)
        return [{ floor, case: name, threads: floor.threads?.[0] ?? 0, state: 'not measured', reason }];
      return fitting.map((one) => judgeCase(floor, one, result));
    }),
  );
}

function whyUnfit({ node, elsewhere }: Floor, { machine }: BenchmarkResult): string | undefined {
  const major = Number.parseInt(machine.node, 10);
  if (node && !node.includes(major)) return `it is for Node ${node.join(', ')}, this is Node ${major}`;
  if (elsewhere && !(machine.processor.includes(elsewhere.processor) && machine.cores === elsewhere.cores))
    return `it was measured on ${elsewhere.cores} cores of ${elsewhere.processor}, this is another machine`;
  return undefined;
}

function judgeCase(floor: Floor, one: CaseResult, result: BenchmarkResult): Verdict {
  const head = { floor, case: one.case, threads: one.threads };
  const ratio = measuredRatio(floor, one, result);
  if (typeof ratio === 'string') return { ...head, state: 'not measured', reason: ratio };
  const reached = ratio >= (floor.least ?? 0) && ratio <= (floor.most ?? Number.POSITIVE_INFINITY);
  return { ...head, state: reached ? 'reached' : 'missed', ratio };
}

/** The ratio, or why there is none. */
function measuredRatio(floor: Floor, one: CaseResult, result: BenchmarkResult): number | string {
  if (one.absent !== undefined) return one.absent;
  if (one.figure) return one.figure.ratio;
  const name = floor.backend === 'wasm' ? result.best : floor.backend;
  const ours = one.contenders.find((contender) => contender.name === name);
  if (ours?.time === undefined) return ours?.failure ?? `${floor.backend} was not measured`;
  if (floor.elsewhere) return ((one.per?.count ?? 1) * 1000) / ours.time.median / floor.elsewhere.rate;
  const ratio = ratioOf(one, ours.name, floor.against)?.ratio;
  if (ratio !== undefined) return ratio;
  return (
    one.contenders.find((contender) => contender.name === floor.against)?.failure ?? `${floor.against} was not measured`
  );
}

/** The floors with what was measured beside them; what was not measured stays as it was. */
export function recorded(file: FloorsFile, result: BenchmarkResult): FloorsFile {
  const verdicts = judge(file, result);
  const major = Number.parseInt(result.machine.node, 10);
  const floors = file.floors.map((floor) => {
    const now = verdicts
      .filter((verdict) => verdict.floor === floor && verdict.ratio !== undefined)
      .map((verdict) => [placeOf(verdict, major), Number(verdict.ratio!.toPrecision(3))] as const);
    return now.length === 0 ? floor : { ...floor, measured: { ...floor.measured, ...Object.fromEntries(now) } };
  });
  return { ...file, floors };
}

function placeOf({ floor, case: name, threads }: Verdict, major: number): string {
  return floor.backend === undefined ? name : `${name}; ${threadsText(threads)}; Node ${major}`;
}

/**
 * 1 when a result differs from mmgem's, or, where floors are to be checked, when one was missed or none could be measured; with the
 * reason.
 */
export function outcome(
  result: BenchmarkResult,
  verdicts: readonly Verdict[],
  check: boolean,
): { readonly code: 0 | 1; readonly reason?: string } {
  const differing = result.cases
    .flatMap(({ contenders }) => contenders)
    .filter(({ failure, difference }) => failure !== undefined && difference !== undefined);
  if (differing.length > 0)
    return { code: 1, reason: `results differ: ${[...new Set(differing.map(({ name }) => name))].join(', ')}` };
  if (!check) return { code: 0 };
  const missed = verdicts.filter(({ state }) => state === 'missed').length;
  if (missed > 0) return { code: 1, reason: `${missed} ${missed === 1 ? 'floor was' : 'floors were'} missed` };
  if (verdicts.every(({ state }) => state === 'not measured'))
    return { code: 1, reason: 'no floor was measured, so nothing was checked' };
  return { code: 0 };
}
