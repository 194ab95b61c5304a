/** Measures: suites × cases × threads, and in each all contenders side by side. */
import { makeSiteFolder } from './browser/site.ts';
import { describeMachine } from './machine.ts';
import type { BenchmarkOptions } from './options.ts';
import { findUsable } from './probe.ts';
import { ContenderHandle, type ProcessOptions } from './process/contender-handle.ts';
import { runProgram } from './process/program.ts';
import { threadsText } from './report/format.ts';
import type { BenchmarkResult, CaseResult } from './result.ts';
import { measureSideBySide, type Progress, type Setting, threadsOf } from './side-by-side.ts';
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
  const chosen = options.suites.map(suiteNamed).map((suite) => ({ suite, cases: casesOf(suite, options) }));
  const all = chosen.flatMap(({ cases: some }) => some);
  const usable = await findUsable(options, all, (ask) => asked(process, ask), progress);
  const { best, unusable } = usable;
  if (all.some(({ kind }) => kind === 'model')) progress('making the page and the kernels of the model');
  await using site = all.some(({ kind }) => kind === 'model') ? await makeSiteFolder(options.model) : undefined;
  const setting: Setting = { options, process, usable, ...(site && { site: site.path }), progress };
  const cases: CaseResult[] = [];
  const result: BenchmarkResult = {
    format: 'mmgem-bench/1',
    machine: describeMachine(environment),
    quick: options.quick,
    ...(best !== undefined && { best }),
    unusable,
    cases,
  };
  for (const { suite, cases: some } of chosen) {
    for (const one of some) {
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

async function asked<T>(process: ProcessOptions, ask: (handle: ContenderHandle) => Promise<T>): Promise<T> {
  const handle = new ContenderHandle(process);
  try {
    return await ask(handle);
  } finally {
    await handle.close();
  }
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
