/** `mmgem verify`: checks a backend against golden files. */
import type { Command } from 'commander';
import { MmgemError } from '../../../../dsl/errors.ts';
import { engineRunner } from '../../../../model/verify/engine-runner.ts';
import {
  type GraphRunner,
  interpreterRunner,
  type VerifyRow,
  verifyDirectory,
  worstLast,
} from '../../../../model/verify/verify.ts';
import { directoryStore } from '../../files.ts';
import { open } from '../../index.ts';
import { addEngineOptions, backendOptions, type EngineOptions } from '../engine-options.ts';
import type { Answer, Run, Session } from '../session.ts';
import { formatTable } from '../table.ts';

interface VerifyOptions extends EngineOptions {
  readonly only?: string;
}

export function registerVerify(program: Command, run: Run): void {
  const command = program
    .command('verify')
    .argument('<folder>', 'golden files, as make_golden.py writes them')
    .description("run golden files on a backend and print each tensor's error beside its tolerance, worst last")
    .option('--only <pattern>', 'only files whose name matches a regular expression');
  addEngineOptions(command);
  command.addHelpText(
    'after',
    '\n--backend interpreter checks the golden files against the definition of the operators itself.',
  );
  command.action(run.action(verify));
}

async function verify(session: Session, folder: string, options: VerifyOptions): Promise<Answer> {
  const only = options.only === undefined ? {} : { only: patternOf(options.only) };
  const { backend, rows } = await withRunner(options, async (runner, description) => {
    const found: VerifyRow[] = [];
    const onFile = (file: string, index: number, count: number): void => {
      session.progress.report(`verifying on ${runner.name}`, index, count, file);
    };
    for await (const row of verifyDirectory(directoryStore(folder), runner, { ...only, onFile })) found.push(row);
    return { backend: description, rows: worstLast(found) };
  });
  const failed = rows.filter(({ ok }) => !ok);
  const ok = failed.length === 0;
  return { json: { backend, ok, rows }, text: [tableOf(rows), '', summaryOf(rows, backend)].join('\n'), ok };
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new MmgemError(
      `--only ${text}: is no regular expression (${error instanceof Error ? error.message : error})`,
    );
  }
}

/** Lets `work` use a runner of the backend, and closes it. */
async function withRunner<T>(
  options: EngineOptions,
  work: (runner: GraphRunner, description: string) => Promise<T>,
): Promise<T> {
  if (options.backend === 'interpreter') return work(interpreterRunner, 'interpreter, float64');
  await using engine = await open(options.backend, backendOptions(options));
  const runner = engineRunner(engine);
  try {
    return await work(runner, `${engine.info.backend}: ${engine.info.description}`);
  } finally {
    await runner.close();
  }
}

function tableOf(rows: readonly VerifyRow[]): string {
  const lines = rows.map(({ file, case: name, tensor, error, tolerance, ok, note }) => [
    ok ? '✓' : '✗',
    file.replace(/\.safetensors$/, ''),
    name,
    tensor,
    error === undefined ? '' : error.toExponential(1),
    tolerance === undefined ? '' : tolerance.toExponential(0),
    note ?? '',
  ]);
  const header = ['', 'file', 'case', 'tensor', 'error', 'tolerance', ''];
  return formatTable([header, ...lines], ['left', 'left', 'left', 'left', 'right', 'right', 'left']);
}

function summaryOf(rows: readonly VerifyRow[], backend: string): string {
  const failed = rows.filter(({ ok }) => !ok).length;
  return `${backend}\n${rows.length - failed} within their tolerance, ${failed} not`;
}
