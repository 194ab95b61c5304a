/** A training step as one program: losses, gradients, optimiser, updates in place. */
import { type Graph, gradients, input, parameter, state, type Tensor, trace } from '../../../dsl/index.ts';
import type { SourceAttributes } from '../../../dsl/ops/sources.ts';
import type { MmgemConfig } from '../../config.ts';
import { type ModelGraph, modelGraph, type ParameterSource } from '../../graph/model.ts';
import { type Learned, type OptimizerSettings, optimize } from './optimizer.ts';
import { batchInputs, type Losses, type LossWeights, type StageName, stageLosses, stages } from './stages.ts';

/** What a step is made of, before it becomes one graph. */
export interface TrainingParts {
  readonly losses: Losses;
  /** The parameters that learn with their gradients, in the order of the forward pass. */
  readonly learned: readonly Learned[];
}

export interface TrainingModelOptions {
  /** The temperature follows a schedule: `logit_scale` is an input of every step instead of being learnt. */
  readonly scheduledTemperature?: boolean;
  /** 1 and 1 unless told. */
  readonly lossWeights?: LossWeights;
}

/** Parameters that learn are states, which a program may change; all others are fixed, as the table `rope.frequencies` is. */
export function trainingModel(
  config: MmgemConfig,
  stage: StageName,
  { scheduledTemperature = false }: TrainingModelOptions = {},
): ModelGraph {
  const { learns } = stages[stage];
  const source: ParameterSource = (name, shape, storage) => {
    if (name === 'logit_scale' && scheduledTemperature) return input(name, shape);
    return learns(name) && name !== 'rope.frequencies' ? state(name, shape, 'f32') : parameter(name, shape, storage);
  };
  return modelGraph(config, { source });
}

/** A model's stage with its losses and gradients. */
export function trainingParts(config: MmgemConfig, stage: StageName, options?: TrainingModelOptions): TrainingParts {
  const m = trainingModel(config, stage, options);
  const losses = stageLosses(stages[stage], m, batchInputs(m), options?.lossWeights);
  const learned = learnedStates(losses.total);
  const slopes = gradients(
    losses.total,
    learned.map(({ value }) => value),
  );
  return { losses, learned: learned.map((one, i) => ({ ...one, gradient: slopes[i]! })) };
}

/** The states that a loss depends on, and how each is treated. */
export function learnedStates(loss: Tensor<readonly []>): Omit<Learned, 'gradient'>[] {
  return trace('loss', { loss })
    .nodes.filter(({ operator }) => operator.name === 'state')
    .map((value) => {
      const { name } = value.attributes as SourceAttributes;
      return { name, value, ...treatment(name, value) };
    });
}

const projections = /^(h[1-4]\.|logit_scale$|soft_prompts$)/;

/**
 * Weight decay and the trust ratio leave out vectors, scalars and the positional embedding; the bridges, which start from nothing, learn
 * faster; the temperature stays at 0.01 or above.
 */
function treatment(name: string, { shape }: Tensor): Pick<Learned, 'rate' | 'decays' | 'range'> {
  return {
    rate: projections.test(name) ? 'projection' : 'base',
    decays: shape.length > 1 && name !== 'visual.positional_embedding',
    ...(name === 'logit_scale' && { range: [0, Math.log(100)] as const }),
  };
}

/**
 * The program of a step: inputs are the batch (see stages.ts) and `optimizer` (`optimizerInput`), outputs the losses, `gradientNorm` and
 * `squaredNorms` [learned].
 */
export function trainingStep({ losses, learned }: TrainingParts, settings: OptimizerSettings): Graph {
  const { updates, gradientNorm, squaredNorms } = optimize(learned, settings);
  return trace('trainingStep', { ...losses, gradientNorm, squaredNorms }, updates);
}
