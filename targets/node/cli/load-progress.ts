/** Loading a model as one bar: its programs are compiled and their weights put in place, one after the other. */
import { type Preparation, preparations } from '../../../model/load.ts';
import type { OnProgress } from '../../../model/session/programs.ts';
import type { Progress } from './progress.ts';

/** What `load` is given as `onProgress`. Each program is one part of the bar, half for compiling and half for its weights. */
export function loadProgress(progress: Progress, what: string, prepare: readonly Preparation[]): OnProgress {
  const programs = new Set(prepare.flatMap((name): readonly string[] => preparations[name])).size;
  let begun = 0;
  return ({ stage, done, total }) => {
    const compiling = stage.startsWith('compiling');
    if (compiling && done === 0) begun++;
    const share = total === 0 ? 1 : done / total;
    progress.report(what, begun - 1 + (compiling ? share : 1 + share) / 2, programs, stage);
  };
}
