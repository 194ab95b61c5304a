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

export function checkpointWeights(checkpoint: Checkpoint, { language }: MmgemConfig): WeightSource {
  return {
    async read(name) {
      if (name === 'rope.frequencies') return ropeFrequencies(headWidth(language), language.rope_theta);
      const data = await checkpoint.read(name);
      checkFinite(`${name} of ${checkpoint.name}`, data);
      return data;
    },
    close: () => checkpoint.close(),
  };
}
