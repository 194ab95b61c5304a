/** Measures: suites × cases × threads, and in each all contenders side by side. */
import { type Contender, contenderNamed, contenders } from './contenders/contenders.ts';
import { describeMachine } from './machine.ts';
import { alternate, type Sampled, type Schedule } from './measure.ts';
import type { BenchmarkOptions } from './options.ts';
import { ContenderHandle, type ProcessOptions } from './process/contender-handle.ts';
import type { Started } from './process/messages.ts';
import { runProgram } from './process/program.ts';
import { threadsText } from './report/format.ts';
import type { BenchmarkResult, CaseResult, ContenderResult } from './result.ts';
import { relativeError, summary } from './statistics.ts';
import type { Case, Suite } from './suites/suite.ts';
import { suiteNamed } from './suites/suites.ts';

/** Told what is being done, for a line that changes. */
export type Progress = (text: string) => void;

const schedules: Readonly<Record<'full' | 'quick', Schedule>> = {
  full: { leastRounds: 5, mostRounds: 25, milliseconds: 10_000, rest: 20 },
  quick: { leastRounds: 2, mostRounds: 5, milliseconds: 1000, rest: 5 },
};

/** Milliseconds of runs before the first that counts. */
const warmUp = { full: 1500, quick: 50 };
/** Seconds of one round of a short run. */
const microSeconds = { full: 0.4, quick: 0.1 };

const defaultTolerance = 1e-3;

/** What is the same for all cases. */
interface Setting {
  readonly options: BenchmarkOptions;
  readonly process: ProcessOptions;
  readonly usable: readonly Contender[];
  readonly best: string | undefined;
  readonly progress: Progress;
}

export async function runBenchmark(options: BenchmarkOptions, progress: Progress): Promise<BenchmarkResult> {
  const process: ProcessOptions = options.node === undefined ? {} : { node: options.node };
  const environment = await asked(process, (handle) => handle.ask('environment', {}));
  const { usable, unusable, best } = await probeBackends(options, process, progress);
  const setting: Setting = { options, process, usable, best, progress };
  const cases: CaseResult[] = [];
  for (const suite of options.suites.map(suiteNamed)) {
    for (const one of casesOf(suite, options)) {
      for (const threads of threadsOf(one, options)) cases.push(await measureCase(suite, one, threads, setting));
    }
  }
  return {
    format: 'mmgem-bench/1',
    machine: describeMachine(environment),
    quick: options.quick,
    ...(best !== undefined && { best }),
    unusable,
    cases,
  };
}

/** The cases that options ask for. */
export function casesOf({ cases }: Suite, { quick, batches, only }: BenchmarkOptions): Case[] {
  return cases
    .filter(({ when }) => when === 'both' || (when === 'quick') === quick)
    .filter(({ batch }) => batches === undefined || batch === undefined || batches.includes(batch))
    .filter(({ name }) => only === undefined || only.test(name));
}

/** Figures and programs are not measured for each number of threads. */
function threadsOf({ kind }: Case, { threads }: BenchmarkOptions): readonly number[] {
  return kind === 'figure' || kind === 'program' ? threads.slice(-1) : threads;
}

async function asked<T>(process: ProcessOptions, ask: (handle: ContenderHandle) => Promise<T>): Promise<T> {
  const handle = new ContenderHandle(process);
  try {
    return await ask(handle);
  } finally {
    await handle.close();
  }
}

const builds = ['wasm-wide', 'wasm-relaxed', 'wasm-baseline'];

/** Which of the backends run here, and which build is the best. */
async function probeBackends({ backends }: BenchmarkOptions, process: ProcessOptions, progress: Progress) {
  const unusable: Record<string, string> = {};
  // The builds are tried from the best on; `wasm` is the first that runs.
  const wanted = backends.includes('wasm') ? [...builds, ...backends.filter((name) => name !== 'wasm')] : backends;
  let best: string | undefined;
  const usable: Contender[] = [];
  for (const contender of contenders.filter(({ kind, name }) => kind === 'backend' && wanted.includes(name))) {
    const { name } = contender;
    const needed = backends.includes(name) || (backends.includes('wasm') && best === undefined);
    if (!needed) continue;
    progress(`trying ${name}`);
    try {
      await asked(process, (handle) => handle.ask('probe', { contender: name }));
      if (builds.includes(name)) best ??= name;
      usable.push(contender);
    } catch (error) {
      unusable[name] = (error as Error).message;
    }
  }
  return { usable, unusable, best };
}

async function measureCase(suite: Suite, one: Case, threads: number, setting: Setting): Promise<CaseResult> {
  const { process, progress } = setting;
  const head = { suite: suite.name, case: one.name, threads, ...(one.per && { per: one.per }) };
  const assignment = { suite: suite.name, case: one.name, contender: 'wasm', threads };
  progress(`${suite.name}: ${one.name}, ${threadsText(threads)}`);
  try {
    switch (one.kind) {
      case 'figure': {
        const figure = await asked(process, (handle) => handle.ask('figure', assignment));
        return { ...head, contenders: [], figure: { ...figure, against: one.against } };
      }
      case 'program':
        return { ...head, contenders: [], ...(await runProgram(one, threads, process)) };
      default:
        return { ...head, contenders: await measureSideBySide(suite, one, threads, setting) };
    }
  } catch (error) {
    return { ...head, contenders: [], absent: (error as Error).message };
  }
}

/** A contender at work in its process, or why it is not. */
interface Entrant {
  readonly contender: Contender;
  readonly handle: ContenderHandle;
  readonly started?: Started;
  readonly failure?: string;
  readonly difference?: number;
}

function contendersOf(one: Case, threads: number, { options, usable }: Setting): Contender[] {
  const peers = options.peers.map(contenderNamed);
  const machine = contenders.filter(({ kind }) => kind === 'machine');
  const first = options.threads[0];
  return [...usable, ...peers, ...machine]
    .filter((contender) => contender.takes(one))
    .filter((contender) => contender.threads !== 'none' || threads === first);
}

async function measureSideBySide(
  suite: Suite,
  one: Case,
  threads: number,
  setting: Setting,
): Promise<ContenderResult[]> {
  const { process, progress, options } = setting;
  const pace = options.quick ? 'quick' : 'full';
  const entrants: Entrant[] = [];
  try {
    for (const contender of contendersOf(one, threads, setting)) {
      progress(`${suite.name}: ${one.name}, ${threadsText(threads)}: starting ${contender.name}`);
      const handle = new ContenderHandle(process);
      const entrant = await start(handle, contender, suite, one, threads);
      const reference = entrants.find(({ started }) => started)?.started?.output;
      entrants.push(reference && contender.kind !== 'machine' ? compared(entrant, reference, one) : entrant);
    }
    const ready = entrants.filter(({ failure }) => failure === undefined);
    for (const { handle } of ready) await handle.ask('warmUp', { milliseconds: warmUp[pace] });
    progress(`${suite.name}: ${one.name}, ${threadsText(threads)}: measuring`);
    const sampled = ready.map(
      ({ contender, handle }): Sampled => ({
        name: contender.name,
        sample: () => handle.ask('sample', { seconds: microSeconds[pace] }),
      }),
    );
    const schedule = { ...schedules[pace], ...(options.rounds !== undefined && { mostRounds: options.rounds }) };
    const measurements = new Map((await alternate(sampled, schedule)).map((found) => [found.name, found]));
    const results: ContenderResult[] = [];
    const ownWork = ready.find(({ contender: { kind } }) => kind === 'backend')?.started?.work;
    for (const { contender, handle, started, failure, difference } of entrants) {
      const { name, kind } = contender;
      const found = measurements.get(name);
      const work = started?.work ?? (kind === 'peer' ? ownWork : undefined);
      const profile = options.profile && found && kind === 'backend' ? await handle.ask('profile', {}) : undefined;
      results.push({
        name,
        kind,
        description: started?.description ?? name,
        notes: started?.notes ?? [],
        ...(failure !== undefined && { failure }),
        ...(difference !== undefined && { difference }),
        ...(found && { time: summary(found.samples), rounds: found.rounds }),
        ...(work && { work }),
        ...(profile && { profile }),
      });
    }
    return results;
  } finally {
    await Promise.all(entrants.map(({ handle }) => handle.close()));
  }
}

async function start(
  handle: ContenderHandle,
  contender: Contender,
  suite: Suite,
  one: Case,
  threads: number,
): Promise<Entrant> {
  try {
    const assignment = { suite: suite.name, case: one.name, contender: contender.name, threads };
    return { contender, handle, started: await handle.ask('start', assignment) };
  } catch (error) {
    return { contender, handle, failure: (error as Error).message };
  }
}

/** What computes something else is not timed. */
function compared(entrant: Entrant, reference: Float32Array, one: Case): Entrant {
  if (entrant.started === undefined || one.kind !== 'workload') return entrant;
  const difference = relativeError(entrant.started.output, reference);
  const tolerance = one.tolerance ?? defaultTolerance;
  if (difference <= tolerance) return { ...entrant, difference };
  const failure = `its result differs by ${difference.toExponential(1)} of the largest element, more than ${tolerance}`;
  return { ...entrant, difference, failure };
}
