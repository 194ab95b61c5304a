// The loop of training: steps, guards, evaluations, checkpoints, metrics.
import { beginning } from './beginning.ts';
import { Rhythm } from './cadence.ts';
import { checkpointName, pruneCheckpoints, type RunState, writeRunCheckpoint } from './checkpoint.ts';
import type { RunFolder } from './folder.ts';
import { faultOf, stopped, watch } from './guard.ts';
import { type MetricsLine, type MetricsLog, openMetrics, readMetrics } from './metrics.ts';
import { reportFile, writeExamples, writeReport } from './report.ts';
import type { RunConfig } from './run-config.ts';
import { settingsFor } from './schedule.ts';
import type { BatchStream, Evaluation, NextBatch, RunParts, StepResult, StepSettings } from './seam.ts';

export interface TrainOptions {
  /** Goes on from the newest checkpoint; otherwise the folder must have none. */
  readonly resume?: boolean;
  /** When it is aborted, the step at hand is finished, a checkpoint written, and the run ends. */
  readonly signal?: AbortSignal;
  /** Called before the first step, with what runs it and the memory in bytes at the peak of a step. */
  readonly onStart?: (start: { readonly step: number; readonly backend: string; readonly peak: number }) => void;
  readonly onStep?: (progress: StepProgress) => void;
  /** What happened besides: checkpoints, evaluations, what the user should know. */
  readonly onNote?: (message: string) => void;
  /** What the report says about the machine, by name. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly now?: () => number;
}

export interface StepProgress {
  readonly line: MetricsLine;
  /** The part of the run that is done, in [0, 1]. */
  readonly done: number;
  readonly secondsLeft: number;
}

export interface Outcome {
  readonly ended: 'finished' | 'interrupted';
  readonly state: RunState;
  /** Of the last step; undefined when none has been taken. */
  readonly last?: MetricsLine;
  /** Figures of the last evaluation. */
  readonly figures?: Evaluation['figures'];
  /** The newest checkpoint. */
  readonly checkpoint?: string;
  readonly report: string;
}

/**
 * Runs a training to its end, or until `signal` says so. The folder gets checkpoints, metrics.jsonl and report.html. A run
 * that was killed at any moment and resumed computes what it would have computed, to the bit where the trainer does.
 * @throws MmgemError when losses or tensors are no numbers or explode, naming step and tensor; when a checkpoint is damaged, or of
 * another configuration; when the disk is full. The last good checkpoint is kept
 */
export async function train<Batch>(
  config: RunConfig,
  parts: RunParts<Batch>,
  folder: RunFolder,
  options: TrainOptions = {},
): Promise<Outcome> {
  const closing = [await folder.claim()];
  try {
    const note = (message: string): void => options.onNote?.(message);
    const state = await beginning(config, parts.trainer, folder, options.resume ?? false, note);
    const metrics = await openMetrics(folder, state.step);
    closing.push(() => metrics.close());
    if (metrics.missing > 0) note(`the metrics of ${metrics.missing} steps before this one are not there`);
    const batches = await parts.openBatches(state.place);
    closing.push(() => batches.close());
    return await new Training({ config, parts, folder, options, state, metrics, batches }).run();
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

interface TrainingParts<Batch> {
  readonly config: RunConfig;
  readonly parts: RunParts<Batch>;
  readonly folder: RunFolder;
  readonly options: TrainOptions;
  readonly state: RunState;
  readonly metrics: MetricsLog;
  readonly batches: BatchStream<Batch>;
}

/** Steps that the time left is estimated from. */
const pace = 50;
/** A report is written with an evaluation and at the end, and besides with a checkpoint when the last one is so old. */
const reportEvery = { minutes: 1 };

class Training<Batch> {
  readonly #run: TrainingParts<Batch>;
  readonly #now: () => number;
  readonly #checkpoints: Rhythm;
  readonly #evaluations: Rhythm;
  readonly #reports: Rhythm;
  #state: RunState;
  /** The step of the newest checkpoint; 0 before there is one. */
  #saved: number;
  #isSaveDue = false;
  #peak: number | undefined;
  /** Seconds of the latest steps. */
  #durations: number[] = [];

  constructor(run: TrainingParts<Batch>) {
    const { config, state, options } = run;
    this.#run = run;
    this.#now = options.now ?? (() => performance.now());
    this.#checkpoints = new Rhythm(config.checkpoint.every, this.#now);
    this.#evaluations = new Rhythm(config.evaluation?.every ?? {}, this.#now);
    this.#reports = new Rhythm(reportEvery, this.#now);
    this.#state = state;
    this.#saved = state.step;
  }

  async run(): Promise<Outcome> {
    const { signal } = this.#run.options;
    while (this.#done() < 1 && !signal?.aborted) await this.#step();
    if (this.#saved < this.#state.step) await this.#save();
    return this.#outcome(this.#done() < 1 ? 'interrupted' : 'finished');
  }

  async #step(): Promise<void> {
    const { config, parts, metrics, batches, options } = this.#run;
    const before = this.#state;
    const began = this.#now();
    const next = await batches.next();
    this.#plan(next.batch);
    const settings = settingsFor(config, before.step, before.seconds);
    const result = await parts.trainer.step(next.batch, settings);
    const took = (this.#now() - began) / 1000;

    const state = advanced(before, next, result, took);
    this.#state = state;
    this.#durations = [...this.#durations, took].slice(-pace);
    for (const { key, reason } of next.broken) options.onNote?.(`skipped ${key}: ${reason}`);
    const fault = await faultOf(config.guard, state.guard, result, () => parts.trainer.tensors());
    const [evaluated] = await Promise.allSettled([fault === undefined ? this.#evaluate() : undefined]);
    const evaluation = evaluated.status === 'fulfilled' ? evaluated.value : undefined;
    const line = lineOf(state, settings, result, next.images / took, evaluation);
    await metrics.add(line);
    options.onStep?.({ line, done: this.#done(), secondsLeft: this.#secondsLeft() });
    if (fault !== undefined) await this.#stop(fault);
    if (evaluated.status === 'rejected') {
      await this.#save(); // what was learnt until now outlives an evaluation that fails
      throw evaluated.reason;
    }
    if (evaluation !== undefined) await this.#report();
    this.#isSaveDue ||= this.#checkpoints.isDue(state.step);
    // A state whose loss is too high may be the beginning of an explosion: saving waits until that has passed.
    if (this.#isSaveDue && state.guard.above === 0) await this.#save();
  }

  /** Tells the memory of a step before the first one runs. */
  #plan(batch: Batch): void {
    if (this.#peak !== undefined) return;
    const { trainer } = this.#run.parts;
    this.#peak = trainer.plan(batch).peak;
    this.#run.options.onStart?.({ step: this.#state.step, backend: trainer.description, peak: this.#peak });
  }

  async #evaluate(): Promise<Evaluation | undefined> {
    const { config, parts, folder, options } = this.#run;
    const { step } = this.#state;
    const isDue = this.#evaluations.isDue(step) || this.#done() === 1;
    if (config.evaluation === undefined || !isDue) return undefined;
    const evaluation = await parts.evaluate?.();
    if (evaluation === undefined) return undefined;
    await writeExamples(folder, evaluation.examples);
    const figures = Object.entries(evaluation.figures).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
    for (const note of [...(evaluation.notes ?? []), figures.join(', ')]) options.onNote?.(`step ${step}: ${note}`);
    return evaluation;
  }

  async #save(): Promise<void> {
    const { parts, folder, config, metrics, options } = this.#run;
    const { step } = this.#state;
    await metrics.flush(); // so that no checkpoint is ahead of its metrics
    await writeRunCheckpoint(folder, this.#state, parts.trainer.tensors(), parts.model);
    this.#saved = step;
    this.#isSaveDue = false;
    await pruneCheckpoints(folder, config.checkpoint.keep);
    options.onNote?.(`step ${step}: saved ${checkpointName(folder, step)}`);
    if (this.#reports.isDue(step)) await this.#report();
  }

  async #stop(fault: string): Promise<never> {
    await this.#report(fault);
    throw stopped(this.#state.step, fault, this.#checkpoint());
  }

  async #report(fault?: string): Promise<void> {
    const { parts, folder, config, options } = this.#run;
    await writeReport(folder, {
      config,
      environment: { backend: parts.trainer.description, ...options.environment },
      done: this.#done(),
      ...(this.#peak !== undefined && { peak: this.#peak }),
      ...(fault !== undefined && { fault: `step ${this.#state.step}: ${fault}` }),
    });
  }

  async #outcome(ended: Outcome['ended']): Promise<Outcome> {
    const { folder } = this.#run;
    await this.#report();
    const lines = await readMetrics(folder);
    const last = lines.at(-1);
    const figures = lines.findLast(({ evaluation }) => evaluation !== undefined)?.evaluation?.figures;
    const checkpoint = this.#checkpoint();
    return {
      ended,
      state: this.#state,
      ...(last !== undefined && { last }),
      ...(figures !== undefined && { figures }),
      ...(checkpoint !== undefined && { checkpoint }),
      report: `${folder.name}/${reportFile}`,
    };
  }

  #checkpoint(): string | undefined {
    return this.#saved === 0 ? undefined : checkpointName(this.#run.folder, this.#saved);
  }

  #done(): number {
    const { steps, minutes = Number.POSITIVE_INFINITY } = this.#run.config;
    const { step, seconds } = this.#state;
    return Math.min(1, steps === undefined ? seconds / (60 * minutes) : step / steps);
  }

  #secondsLeft(): number {
    const { steps, minutes = 0 } = this.#run.config;
    const { step, seconds } = this.#state;
    if (steps === undefined) return Math.max(0, 60 * minutes - seconds);
    const mean = this.#durations.reduce((sum, duration) => sum + duration, 0) / this.#durations.length;
    return (steps - step) * mean;
  }
}

/** The state behind one more step. */
function advanced(
  { config, step, images, broken, seconds, guard }: RunState,
  next: NextBatch<unknown>,
  { losses }: StepResult,
  took: number,
): RunState {
  return {
    step: step + 1,
    place: next.place,
    images: images + next.images,
    broken: broken + next.broken.length,
    seconds: seconds + took,
    guard: watch(config.guard, guard, losses.total),
    config,
  };
}

function lineOf(
  { config, step, images, seconds, place }: RunState,
  { rateFactor, temperature }: StepSettings,
  result: StepResult,
  imagesPerSecond: number,
  evaluation: Evaluation | undefined,
): MetricsLine {
  const { losses, gradientNorm } = result;
  const tau = result.temperature ?? temperature;
  return {
    step,
    losses,
    gradientNorm,
    rate: rateFactor * (config.stage.startsWith('stage1') ? config.optimizer.rate : config.optimizer.projectionRate),
    ...(tau !== undefined && { temperature: tau }),
    imagesPerSecond,
    images,
    seconds,
    place,
    ...(evaluation !== undefined && {
      evaluation: {
        figures: evaluation.figures,
        captions: Object.fromEntries(evaluation.examples.map(({ name, caption }) => [name, caption])),
      },
    }),
  };
}
