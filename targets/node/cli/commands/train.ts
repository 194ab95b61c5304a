/** `mmgem train`: a training run, from the beginning or from where it was. */
import { type Command, InvalidArgumentError } from 'commander';
import { trainThroughLosses } from '../../../../model/train/lasting-run.ts';
import { formatCount, formatNumber, formatTime } from '../../../../model/train/report/format.ts';
import type { Outcome, StepProgress } from '../../../../model/train/run.ts';
import { formatBytes } from '../../../../runtime/webgpu/format.ts';
import { readConfigFile, type Setting } from '../../train/config-file.ts';
import { environment } from '../../train/environment.ts';
import { type OpenParts, openParts } from '../../train/parts.ts';
import { runFolder } from '../../train/run-folder.ts';
import { addEngineOptions, type EngineOptions } from '../engine-options.ts';
import type { Answer, Run, Session } from '../session.ts';
import { formatTable } from '../table.ts';

interface TrainCommandOptions extends EngineOptions {
  readonly resume?: boolean;
  readonly set?: readonly Setting[];
}

export const registerTrain = trainCommand(openParts);

/** The command, with what puts the parts of a run together. */
export function trainCommand<Batch>(open: OpenParts<Batch>): (program: Command, run: Run) => void {
  return (program, run) => {
    const command = program
      .command('train')
      .argument('<config>', 'the run as JSON: model, data, length, optimiser; paths in it are relative to its folder')
      .description('train a model; checkpoints, metrics and an HTML report go to the folder "out" of the configuration')
      .option('--resume', 'go on from the newest checkpoint, as if nothing had happened')
      .option(
        '--set <field=value>',
        'a field of the configuration, such as optimizer.rate=1e-4; may be repeated',
        setting,
      );
    addEngineOptions(command).addHelpText(
      'after',
      '\nCtrl-C finishes the step, saves and ends; pressed again, it ends at once.',
    );
    command.action(
      run.action((session, path: string, options: TrainCommandOptions) => trainFile(session, path, options, open)),
    );
  };
}

async function trainFile<Batch>(
  session: Session,
  path: string,
  options: TrainCommandOptions,
  open: OpenParts<Batch>,
): Promise<Answer> {
  const { progress } = session;
  const note = (message: string): void => {
    progress.stop();
    session.note(`mmgem: ${message}`);
  };
  const file = await readConfigFile(path, options.set);
  const folder = runFolder(file.at(file.config.out));
  const openNow = async () => {
    const parts = await open(file, options, session);
    progress.stop();
    return parts;
  };
  const interruption = interrupted(note);
  try {
    const outcome = await trainThroughLosses(file.config, openNow, folder, {
      resume: options.resume ?? false,
      signal: interruption.signal,
      environment: environment(),
      onStart: ({ backend, peak }) => note(`${backend}: ${formatBytes(peak)} at the peak of a step`),
      onStep: (step) => progress.report('training', step.done, 1, described(step)),
      onNote: note,
    });
    return answer(outcome, folder.name);
  } finally {
    interruption.end();
  }
}

/** A signal that comes with the first Ctrl-C or SIGTERM; the second ends the process. */
function interrupted(note: (message: string) => void): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const kinds = ['SIGINT', 'SIGTERM'] as const;
  const end = (): void => {
    for (const kind of kinds) process.off(kind, stop);
  };
  const stop = (): void => {
    end();
    note('the step at hand is finished and saved; press Ctrl-C again to end at once');
    controller.abort();
  };
  for (const kind of kinds) process.on(kind, stop);
  return { signal: controller.signal, end };
}

function described({ line, secondsLeft }: StepProgress): string {
  const { step, losses, rate, imagesPerSecond } = line;
  const loss = losses.total == null ? 'none' : losses.total.toFixed(3);
  return [
    `step ${step}`,
    `loss ${loss}`,
    `rate ${formatNumber(rate)}`,
    `${imagesPerSecond.toPrecision(3)} images/s`,
    `${formatTime(secondsLeft)} left`,
  ].join(' · ');
}

function answer({ ended, state, last, figures = {}, checkpoint, report }: Outcome, out: string): Answer {
  const { step, images, broken, seconds } = state;
  const losses = last?.losses ?? {};
  const numbers = (values: Readonly<Record<string, number | null>>): string =>
    Object.entries(values)
      .map(([name, value]) => `${name} ${value === null ? 'none' : formatNumber(value)}`)
      .join(', ');
  const rows = [
    [
      ended === 'finished' ? 'finished' : 'interrupted',
      `step ${step}, ${formatCount(images)} images in ${formatTime(seconds)}`,
    ],
    ...(broken > 0 ? [['broken records', `${broken} skipped`]] : []),
    ['losses', numbers(losses)],
    ...(Object.keys(figures).length > 0 ? [['evaluation', numbers(figures)]] : []),
    ['checkpoint', checkpoint ?? 'none: no step was taken'],
    ['report', report],
    ...(ended === 'interrupted' ? [['go on with', '--resume']] : []),
  ];
  return {
    json: {
      out,
      ended,
      step,
      images,
      broken,
      seconds,
      losses,
      evaluation: figures,
      checkpoint: checkpoint ?? null,
      report,
    },
    text: formatTable(rows),
    ok: ended === 'finished',
  };
}

/** `field=value`, gathered; a value that is no JSON is a text. */
function setting(given: string, before: readonly Setting[] | undefined): readonly Setting[] {
  const [, field, value] = /^([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)=(.*)$/s.exec(given) ?? [];
  if (field === undefined || value === undefined)
    throw new InvalidArgumentError('Give FIELD=VALUE, such as steps=1000.');
  return [...(before ?? []), { field, value: jsonOr(value) }];
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
