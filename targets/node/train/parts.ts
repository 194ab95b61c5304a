// What a run is made of in Node: from a configuration to an engine, a trainer, batches and evaluations.
import { MmgemError } from '../../../model/errors.ts';
import type { RunParts } from '../../../model/train/seam.ts';
import type { EngineOptions } from '../cli/engine-options.ts';
import type { Progress } from '../cli/progress.ts';
import type { ConfigFile } from './config-file.ts';

/** @typeParam Batch what the trainer takes and the stream of batches gives */
export interface OpenedParts<Batch> extends RunParts<Batch> {
  /** Closes the trainer and all that was opened with it. */
  close(): Promise<void>;
}

/** Puts a run's parts together; `progress` shows how programs are compiled and weights loaded. */
export type OpenParts<Batch> = (
  file: ConfigFile,
  engine: EngineOptions,
  progress: Progress,
) => Promise<OpenedParts<Batch>>;

/** @throws MmgemError naming what is missing for a configuration to run here */
export const openParts: OpenParts<unknown> = async ({ config }) => {
  throw new MmgemError(`stage ${config.stage}: this build has no trainer. Use a build of mmgem that has one.`);
};
