// A run that outlives the loss of its device: what was learnt since the newest checkpoint is computed once more.
import { BackendError } from '../../runtime/backend.ts';
import { DeviceLostError } from '../../runtime/loss.ts';
import { mostLosses } from '../../runtime/recovery.ts';
import { checkpointName, checkpointSteps } from './checkpoint.ts';
import type { RunFolder } from './folder.ts';
import { type Outcome, type TrainOptions, train } from './run.ts';
import type { RunConfig } from './run-config.ts';
import type { RunParts } from './seam.ts';

/** The parts of a run on a device of their own. */
export interface OpenedParts<Batch> extends RunParts<Batch> {
  /** Closes the trainer and all that was opened with it. */
  close(): Promise<void>;
}

/**
 * As `train`. When the device is lost, the parts are opened anew and the run resumed, which is told by `onNote`.
 * @throws BackendError with the reason and the newest checkpoint when three devices in a row are lost without one between them
 */
export async function trainThroughLosses<Batch>(
  config: RunConfig,
  open: () => Promise<OpenedParts<Batch>>,
  folder: RunFolder,
  options: TrainOptions = {},
): Promise<Outcome> {
  const newest = async () => (await checkpointSteps(folder)).at(-1);
  let from = await newest();
  let losses = 0;
  for (let resume = options.resume ?? false; ; resume = true) {
    try {
      return await trainOn(await open(), config, folder, { ...options, resume });
    } catch (error) {
      if (!(error instanceof DeviceLostError)) throw error;
      const reached = await newest();
      losses = reached === from ? losses + 1 : 1;
      from = reached;
      if (losses === mostLosses)
        throw stopped(error, reached === undefined ? undefined : checkpointName(folder, reached));
      options.onNote?.(`${error.summary}; a new one is opened, and the run goes on from its newest checkpoint`);
    }
  }
}

async function trainOn<Batch>(
  parts: OpenedParts<Batch>,
  config: RunConfig,
  folder: RunFolder,
  options: TrainOptions,
): Promise<Outcome> {
  try {
    return await train(config, parts, folder, options);
  } finally {
    await parts.close();
  }
}

function stopped({ summary }: DeviceLostError, checkpoint: string | undefined): BackendError {
  const kept =
    checkpoint === undefined ? 'There is no checkpoint yet' : `The last good checkpoint is kept: ${checkpoint}`;
  return new BackendError(
    `${summary}; ${mostLosses} devices in a row were lost without a checkpoint between them. The run stops. ${kept}`,
    'Use a smaller batchSize, update the driver, or go on with --resume and another --backend.',
  );
}
