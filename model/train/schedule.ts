// Learning rates and temperature as pure functions of how far a run has come.
import type { RunConfig, ScheduleConfig, TemperatureSchedule } from './run-config.ts';
import type { StepSettings } from './seam.ts';

/** What is left of the rates after the part `progress` in [0, 1) of the descent, by kind of schedule. */
const curves: Readonly<Record<ScheduleConfig['kind'], (progress: number) => number>> = {
  cosine: (progress) => (1 + Math.cos(Math.PI * progress)) / 2,
  constant: () => 1,
};

/**
 * Linear warm-up, then the descent from 1 to `minimum`, as OpenCLIP counts them: step 1 has 1 / warmupSteps of the rates, step
 * warmupSteps all of them.
 * @param step counted from 1
 * @param progress the part of the descent that lies behind, in [0, 1]
 */
export function rateFactor({ kind, warmupSteps, minimum }: ScheduleConfig, step: number, progress: number): number {
  const warmUp = step >= warmupSteps ? 1 : step / warmupSteps;
  return warmUp * (minimum + (1 - minimum) * curves[kind](progress));
}

/** τ, evenly in ln τ. */
export function temperatureAt({ from, to }: TemperatureSchedule, progress: number): number {
  return from * (to / from) ** progress;
}

/**
 * What a step is told.
 * @param done steps that lie behind
 * @param seconds of training that lie behind: what a run counts by whose length is given in minutes
 */
export function settingsFor(config: RunConfig, done: number, seconds: number): StepSettings {
  const { schedule, temperature } = config;
  const step = done + 1;
  const progress = descent(config, done, seconds);
  return {
    step,
    rateFactor: rateFactor(schedule, step, progress),
    ...(temperature !== 'learnable' && { temperature: temperatureAt(temperature, progress) }),
  };
}

/** The part of the run behind its warm-up that is done. */
function descent({ steps, minutes, schedule }: RunConfig, done: number, seconds: number): number {
  const part =
    steps === undefined
      ? seconds / (60 * (minutes ?? Number.POSITIVE_INFINITY))
      : (done - schedule.warmupSteps) / (steps - schedule.warmupSteps);
  return Math.min(1, Math.max(0, part));
}
