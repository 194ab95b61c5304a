/** A training step as one program on the whole batch. */
import type { Sizes } from '../../dsl/index.ts';
import type { Batch } from '../data/batch.ts';
import { trainingParts, trainingStep } from './graph/step.ts';
import { batchArrays, stepArrays, type TrainerOptions, type TrainingPrograms } from './programs.ts';

export function wholePrograms(options: TrainerOptions): TrainingPrograms {
  const { config, stage, optimizer } = options;
  const parts = trainingParts(config, stage, options);
  const learned = parts.learned.map(({ name }) => name);
  const sizesOf = ({ sizes }: Batch): Sizes => ({ ...sizes });
  return {
    graphs: [trainingStep(parts, optimizer)],
    learned,
    workspace: new Map(),
    run: (step, batch, inputs) => step(0, { ...batchArrays(batch), ...stepArrays(inputs) }, sizesOf(batch)),
    sizes: (batch) => [sizesOf(batch)],
  };
}
