/** What is going on while a model is loaded, for people. */
import { formatBytes } from '../../../../model/page/units.ts';
import type { LoadState } from '../../../web/load-progress.ts';

export function stageOf({ bytes, stage }: LoadState): string {
  const isDownloaded = bytes.done === bytes.total;
  const amounts = `${formatBytes(bytes.done)} of ${formatBytes(bytes.total)}`;
  if (stage === '') return isDownloaded ? 'Loading the model' : `Downloading the model, ${amounts}`;
  const shown = `${stage[0]!.toUpperCase()}${stage.slice(1)}`;
  return isDownloaded ? shown : `${shown}; ${amounts} downloaded`;
}
