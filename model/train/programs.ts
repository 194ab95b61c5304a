/** What carries out a training step: one program or several, and what they are given. */
import type { Graph, Sizes } from '../../dsl/index.ts';
import type { HostArray } from '../../runtime/seam.ts';
import type { MmgemConfig } from '../config.ts';
import type { Batch } from '../data/batch.ts';
import type { GraphEngine } from '../session/programs.ts';
import type { WeightSource } from '../session/weights.ts';
import type { OptimizerSettings } from './graph/optimizer.ts';
import type { StageName } from './graph/stages.ts';
import type { TrainingModelOptions } from './graph/step.ts';

export interface TrainerOptions extends TrainingModelOptions {
  readonly engine: GraphEngine;
  /** For messages. */
  readonly name: string;
  readonly config: MmgemConfig;
  /** The parameters to begin with. Stays open for the parameters that are not trained. */
  readonly weights: WeightSource;
  readonly stage: StageName;
  readonly optimizer: OptimizerSettings;
  /** Learning rates at the schedule's peak. */
  readonly rates: { readonly base: number; readonly projection: number };
  /** Rows whose activations exist at a time; the whole batch unless told. */
  readonly chunk?: number;
  /** The largest batch; needed with chunks alone. */
  readonly batchSize?: number;
  /** The backend and what it runs on. */
  readonly description: string;
}

/** The numbers of a step that are no tensors of the batch. */
export interface StepInputs {
  readonly optimizer: Float32Array;
  /** ln(1/τ), where it follows a schedule. */
  readonly logitScale?: number;
}

/** A way to carry out a step: as one program, or in chunks. */
export interface TrainingPrograms {
  readonly graphs: readonly Graph[];
  /** The parameters that learn, in the order of `squaredNorms`. */
  readonly learned: readonly string[];
  /** Elements of states that are no parameters' or moments', by name. */
  readonly workspace: ReadonlyMap<string, number>;
  run(
    step: (program: number, inputs: Readonly<Record<string, HostArray>>, sizes: Sizes) => Promise<Outputs>,
    batch: Batch,
    inputs: StepInputs,
  ): Promise<Outputs>;
  /** The sizes that each program is run with for a batch. */
  sizes(batch: Batch): readonly Sizes[];
}

export type Outputs = Readonly<Record<string, HostArray>>;

/** The inputs of a training program that a batch holds; pairs have no boxes. */
export function batchArrays(batch: Batch): Record<string, HostArray> {
  const { images, embeddingIds, embeddingLengths, captionIds, captionLengths } = batch;
  const pairs = { images, embeddingIds, embeddingLengths, captionIds, captionLengths };
  return batch.kind === 'regions' ? { ...pairs, boxes: batch.boxes } : pairs;
}

/** The inputs of a step besides the batch, as arrays. */
export function stepArrays({ optimizer, logitScale }: StepInputs): Record<string, HostArray> {
  return { optimizer, ...(logitScale !== undefined && { logit_scale: Float32Array.of(logitScale) }) };
}
