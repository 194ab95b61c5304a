// What stops a run: losses or gradients that are no numbers, and losses that explode.
import { MmgemError } from '../errors.ts';
import type { GuardConfig } from './run-config.ts';
import type { StepResult, StoredTensor } from './seam.ts';

/** What the guard remembers from step to step. JSON. */
export interface GuardState {
  /** The loss of the first step. */
  readonly first?: number;
  /** Losses that the median is taken over, oldest first. */
  readonly recent: readonly number[];
  /** Steps in a row whose loss was too high. */
  readonly above: number;
}

export const watchful: GuardState = { recent: [], above: 0 };

/** Takes in the total loss of one more step. One that is too high, or no number, does not count in the median. */
export function watch({ factor, window }: GuardConfig, state: GuardState, loss: number): GuardState {
  if (!Number.isFinite(loss)) return state;
  const { first = loss, recent, above } = state;
  const tooHigh = loss > first && recent.length > 0 && loss > factor * median(recent);
  return tooHigh ? { first, recent, above: above + 1 } : { first, recent: [...recent, loss].slice(-window), above: 0 };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * What is wrong with a step, in words that name the losses and a tensor; undefined when nothing is.
 * @param state of the guard, with this step taken in
 */
export async function faultOf(
  config: GuardConfig,
  state: GuardState,
  result: StepResult,
  tensors: () => readonly StoredTensor[],
): Promise<string | undefined> {
  const { losses, gradientNorm } = result;
  const values = [...Object.entries(losses).map(([name, loss]) => [`loss ${name}`, loss] as const)];
  const broken = [...values, ['the gradient norm', gradientNorm] as const].filter(([, v]) => !Number.isFinite(v));
  if (broken.length > 0) {
    const list = broken.map(([name, value]) => `${name} is ${value}`).join(', ');
    return `${list}; ${await brokenTensor(result, tensors())}`;
  }
  if (state.above < config.steps) return undefined;
  const list = Object.entries(losses).map(([name, loss]) => `${name} ${loss.toPrecision(4)}`);
  return (
    `the loss explodes: for ${state.above} steps it has been above ${config.factor} × its running median of ` +
    `${median(state.recent).toPrecision(4)} (${list.join(', ')})${steepest(result)}`
  );
}

/** The first tensor with values that are no finite numbers: by the gradients' norms where there are any, or in the state. */
async function brokenTensor({ gradientNorms = {} }: StepResult, tensors: readonly StoredTensor[]): Promise<string> {
  const gradients = Object.keys(gradientNorms).filter((name) => !Number.isFinite(gradientNorms[name]));
  if (gradients.length > 0) return `the gradient of ${firstOf(gradients)} is not finite`;
  const found: string[] = [];
  for (const { name, read } of tensors) if (!(await read()).every(Number.isFinite)) found.push(name);
  return found.length > 0 ? `tensor ${firstOf(found)} is not finite` : 'every tensor of the state is still finite';
}

function firstOf([first, ...others]: readonly string[]): string {
  return others.length === 0 ? `${first}` : `${first} (and ${others.length} more)`;
}

function steepest({ gradientNorms = {} }: StepResult): string {
  const [largest] = Object.entries(gradientNorms).sort(([, a], [, b]) => b - a);
  return largest === undefined ? '' : `; the steepest gradient is that of ${largest[0]}, ${largest[1].toPrecision(4)}`;
}

/** The error that ends a run at a step. */
export function stopped(step: number, fault: string, checkpoint: string | undefined): MmgemError {
  const kept =
    checkpoint === undefined ? 'There is no checkpoint yet.' : `The last good checkpoint is kept: ${checkpoint}.`;
  const from = checkpoint === undefined ? '' : ` from "model": { "directory": "${checkpoint}" }`;
  return new MmgemError(
    `step ${step}: ${fault}. The run stops. ${kept} Begin another run${from} with lower optimizer rates, a longer ` +
      'schedule.warmupSteps or a lower optimizer.clipNorm.',
  );
}
