/** Measures: suites × cases × threads, and in each all contenders side by side. */
import { type Contender, contenders } from './contenders/contenders.ts';
import { describeMachine } from './machine.ts';
import type { BenchmarkOptions } from './options.ts';
import { ContenderHandle, type ProcessOptions } from './process/contender-handle.ts';
import { runProgram } from './process/program.ts';
import { threadsText } from './report/format.ts';
import type { BenchmarkResult, CaseResult } from './result.ts';
import { measureSideBySide, type Progress, type Setting } from './side-by-side.ts';
import type { Case, Suite } from './suites/suite.ts';
import { suiteNamed } from './suites/suites.ts';

/** @param keep given what there is after each case: a run takes hours, and may be interrupted */
export async function runBenchmark(
  options: BenchmarkOptions,
  progress: Progress,
  keep: (result: BenchmarkResult) => Promise<void>,
): Promise<BenchmarkResult> {
  const process: ProcessOptions = options.node === undefined ? {} : { node: options.node };
  const environment = await asked(process, (handle) => handle.ask('environment', {}));
  const { usable, unusable, best } = await probeBackends(options, process, progress);
  const setting: Setting = { options, process, usable, progress };
  const cases: CaseResult[] = [];
  const result: BenchmarkResult = {
    format: 'mmgem-bench/1',
    machine: describeMachine(environment),
    quick: options.quick,
    ...(best !== undefined && { best }),
    unusable,
    cases,
  };
  for (const suite of options.suites.map(suiteNamed)) {
    for (const one of casesOf(suite, options)) {
      for (const threads of threadsOf(one, options)) {
        cases.push(await measureCase(suite, one, threads, setting));
        await keep(result);
      }
    }
  }
  return result;
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
async function probeBackends({ backends, named }: BenchmarkOptions, process: ProcessOptions, progress: Progress) {
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
      const drawback = await asked(process, (handle) => handle.ask('probe', { contender: name }));
      if (drawback !== undefined && !named) throw new Error(`${drawback}. Name it with --backend to measure it`);
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
  const told: Progress = (text) => progress(`${suite.name}: ${one.name}, ${threadsText(threads)}: ${text}`);
  told('measuring');
  try {
    switch (one.kind) {
      case 'figure': {
        const figure = await asked(process, (handle) => handle.ask('figure', assignment));
        return { ...head, contenders: [], figure: { ...figure, against: one.against } };
      }
      case 'program':
        return { ...head, contenders: [], ...(await runProgram(one, threads, process)) };
      default:
        return { ...head, contenders: await measureSideBySide(suite, one, threads, { ...setting, progress: told }) };
    }
  } catch (error) {
    return { ...head, contenders: [], absent: (error as Error).message };
  }
}
