/** Loading a model as one bar. */
import type { Preparation } from '../../../model/load.ts';
import type { OnProgress } from '../../../model/session/programs.ts';
import { programProgress } from '../../web/program-progress.ts';
import type { Progress } from './progress.ts';

/** What `load` is given as `onProgress`. Each program is one part of the bar, half for compiling and half for its weights. */
export function loadProgress(progress: Progress, what: string, prepare: readonly Preparation[]): OnProgress {
  return programProgress(prepare, (done, programs, stage) => progress.report(what, done, programs, stage));
}
