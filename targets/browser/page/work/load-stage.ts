/** What is going on while a model is loaded, for people. */
import { formatBytes } from '../../../../model/page/units.ts';
import type { LoadState } from '../../../web/load-progress.ts';

export function stageOf({ phase, bytes, stage }: LoadState): string {
  if (phase === 'download' && bytes.total > 0) {
    return `Downloading the model, ${formatBytes(bytes.done)} of ${formatBytes(bytes.total)}`;
  }
  return stage === '' ? 'Loading the model' : `${stage[0]!.toUpperCase()}${stage.slice(1)}`;
}
