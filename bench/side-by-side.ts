/** One case, all contenders side by side: made ready, compared, then timed in alternation. */
import { type Contender, contenderNamed, contenders } from './contenders/contenders.ts';
import { alternate, type Measurement, type Sampled, type Schedule } from './measure.ts';
import type { BenchmarkOptions } from './options.ts';
import type { Usable } from './probe.ts';
import { ContenderHandle, type ProcessOptions } from './process/contender-handle.ts';
import type { Assignment, Started } from './process/messages.ts';
import { formatMilliseconds } from './report/format.ts';
import type { ContenderResult } from './result.ts';
import { relativeError, summary } from './statistics.ts';
import type { Case, Suite } from './suites/suite.ts';
import type { Work } from './work.ts';

const schedules: Readonly<Record<'full' | 'quick', Schedule>> = {
  full: { leastRounds: 5, mostRounds: 25, milliseconds: 10_000, rest: 20 },
  quick: { leastRounds: 2, mostRounds: 5, milliseconds: 1000, rest: 5 },
};

/** Milliseconds of runs before the first that counts. */
const warmUp = { full: 1500, quick: 50 };
/** A run that takes longer, in milliseconds, would hold up all others. */
const longestRun = 60_000;
/** Seconds of one round of a short run. */
const microSeconds = { full: 0.4, quick: 0.1 };

const defaultTolerance = 1e-3;

/** Told what is being done, for a line that changes. */
export type Progress = (text: string) => void;

/** What is the same for all cases. */
export interface Setting {
  readonly options: BenchmarkOptions;
  readonly process: ProcessOptions;
  readonly usable: Usable;
  /** What `makeSiteFolder` made, where there are cases of models. */
  readonly site?: string;
  readonly progress: Progress;
}

/** A contender at work in its process, or why it is not. */
interface Entrant {
  readonly contender: Contender;
  readonly handle: ContenderHandle;
  readonly started?: Started;
  readonly failure?: string;
  readonly difference?: number;
}

/** Figures, programs and models are not measured for each number of threads. */
export function threadsOf({ kind }: Case, { threads }: BenchmarkOptions): readonly number[] {
  return kind === 'figure' || kind === 'program' || kind === 'model' ? threads.slice(-1) : threads;
}

function contendersOf(one: Case, threads: number, { options, usable }: Setting): Contender[] {
  const peers = options.peers.map(contenderNamed);
  const machine = contenders.filter(({ kind }) => kind === 'machine');
  const first = threadsOf(one, options)[0];
  return [...(one.kind === 'model' ? usable.hosts : usable.backends), ...peers, ...machine]
    .filter((contender) => contender.takes(one))
    .filter((contender) => contender.threads !== 'none' || threads === first);
}

export async function measureSideBySide(
  suite: Suite,
  one: Case,
  threads: number,
  setting: Setting,
): Promise<ContenderResult[]> {
  const { process, progress, options, site } = setting;
  const pace = options.quick ? 'quick' : 'full';
  const entrants: Entrant[] = [];
  try {
    for (const contender of contendersOf(one, threads, setting)) {
      progress(`starting ${contender.name}`);
      const assignment = {
        suite: suite.name,
        case: one.name,
        contender: contender.name,
        threads,
        ...(site && { site }),
      };
      const entrant = await start(new ContenderHandle(process), contender, assignment);
      const reference = entrants.find(({ started }) => started)?.started?.output;
      entrants.push(reference && contender.kind !== 'machine' ? compared(entrant, reference, one) : entrant);
    }
    for (const [i, entrant] of entrants.entries()) {
      if (canWarmUp(one)) entrants[i] = await warmedUp(entrant, warmUp[pace]);
    }
    progress('measuring');
    const schedule = { ...schedules[pace], ...(options.rounds !== undefined && { mostRounds: options.rounds }) };
    const measurements = await measured(entrants, schedule, microSeconds[pace]);
    const ownWork = entrants.find(({ contender: { kind }, started }) => kind === 'backend' && started)?.started?.work;
    const results: ContenderResult[] = [];
    for (const entrant of entrants) {
      const found = measurements.get(entrant.contender.name);
      results.push(await resultOf(entrant, found, ownWork, options.profile));
    }
    return results;
  } finally {
    await Promise.all(entrants.map(({ handle }) => handle.close()));
  }
}

async function measured(
  entrants: readonly Entrant[],
  schedule: Schedule,
  seconds: number,
): Promise<ReadonlyMap<string, Measurement>> {
  const sampled = entrants
    .filter(({ failure }) => failure === undefined)
    .map(({ contender: { name }, handle }): Sampled => ({ name, sample: () => handle.ask('sample', { seconds }) }));
  return new Map((await alternate(sampled, schedule)).map((found) => [found.name, found]));
}

/** A peer does the work that we do. */
async function resultOf(
  { contender: { name, kind, counterpart }, handle, started, failure: unfit, difference }: Entrant,
  found: Measurement | undefined,
  ownWork: Work | undefined,
  profiled: boolean,
): Promise<ContenderResult> {
  const failure = unfit ?? found?.failure;
  const timed = failure === undefined ? found : undefined;
  const work = started?.work ?? (kind === 'peer' ? ownWork : undefined);
  const profile = profiled && timed && kind === 'backend' ? await handle.ask('profile', {}) : undefined;
  return {
    name,
    kind,
    description: started?.description ?? name,
    notes: started?.notes ?? [],
    ...(counterpart !== undefined && { counterpart }),
    ...(failure !== undefined && { failure }),
    ...(difference !== undefined && found?.failure === undefined && { difference }),
    ...(timed && { time: summary(timed.samples), rounds: timed.rounds }),
    ...(work && { work }),
    ...(profile && { profile }),
  };
}

async function start(handle: ContenderHandle, contender: Contender, assignment: Assignment): Promise<Entrant> {
  try {
    return { contender, handle, started: await handle.ask('start', assignment) };
  } catch (error) {
    return { contender, handle, failure: (error as Error).message };
  }
}

/** Loads begin anew each time: there is nothing to get warm, and a GPU in software compiles for minutes. */
const canWarmUp = (one: Case): boolean => one.kind !== 'model' || one.task !== 'load';

/** Runs before the first that counts. What takes too long is not timed. */
async function warmedUp(entrant: Entrant, milliseconds: number): Promise<Entrant> {
  if (entrant.failure !== undefined) return entrant;
  let first: number;
  try {
    first = await entrant.handle.ask('warmUp', { milliseconds });
  } catch (error) {
    return unfitted(entrant, (error as Error).message);
  }
  if (first <= longestRun) return entrant;
  return unfitted(entrant, `a run takes ${formatMilliseconds(first)}, more than ${formatMilliseconds(longestRun)}`);
}

/** Not timed, for another reason than its result. */
function unfitted({ contender, handle, started }: Entrant, failure: string): Entrant {
  return { contender, handle, ...(started && { started }), failure };
}

/** What computes something else is not timed. */
function compared(entrant: Entrant, reference: Float32Array | string, one: Case): Entrant {
  const output = entrant.started?.output;
  if (output === undefined || (one.kind !== 'workload' && one.kind !== 'model')) return entrant;
  if (typeof output === 'string' || typeof reference === 'string') {
    if (output === reference) return { ...entrant, difference: 0 };
    return { ...entrant, difference: 1, failure: `its text is “${output}”, and not “${reference}”` };
  }
  const difference = relativeError(output, reference);
  const tolerance = (one.kind === 'workload' ? one.tolerance : undefined) ?? defaultTolerance;
  if (difference <= tolerance) return { ...entrant, difference };
  const failure = `its result differs by ${difference.toExponential(1)} of the largest element, more than ${tolerance}`;
  return { ...entrant, difference, failure };
}
