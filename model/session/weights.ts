// Where programs get their parameters from: the checkpoint, and what follows from the configuration.
import { ropeFrequencies } from '../../dsl/index.ts';
import { headWidth, type MmgemConfig } from '../config.ts';
import { type Checkpoint, checkFinite } from '../files/checkpoint.ts';

export interface WeightSource {
  /**
   * A parameter's elements, row-major.
   * @throws MmgemError when the checkpoint lacks it, or it holds a number that is none
   */
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}

/** What a model's programs take: its parameters, and what follows from its configuration. */
export function weightsOf({ language }: MmgemConfig, parameters: WeightSource): WeightSource {
  return {
    read: async (name) =>
      name === 'rope.frequencies' ? ropeFrequencies(headWidth(language), language.rope_theta) : parameters.read(name),
    close: () => parameters.close(),
  };
}

export function checkpointWeights(checkpoint: Checkpoint, config: MmgemConfig): WeightSource {
  return weightsOf(config, {
    async read(name) {
      const data = await checkpoint.read(name);
      checkFinite(`${name} of ${checkpoint.name}`, data);
      return data;
    },
    close: () => checkpoint.close(),
  });
}
