/** Loading a model as one bar: its programs are compiled side by side, and their weights put in place one after the other. */
import { type Preparation, preparations } from '../../../model/load.ts';
import type { OnProgress } from '../../../model/session/programs.ts';
import type { Progress } from './progress.ts';

/** What `load` is given as `onProgress`. Each program is one part of the bar, half for compiling and half for its weights. */
export function loadProgress(progress: Progress, what: string, prepare: readonly Preparation[]): OnProgress {
  const programs = new Set(prepare.flatMap((name): readonly string[] => preparations[name])).size;
  let [compiled, loaded] = [0, 0];
  return ({ stage, done, total }) => {
    const isComplete = done === total;
    if (stage.startsWith('compiling')) {
      if (isComplete) compiled++;
      progress.report(what, (compiled + loaded) / 2, programs, stage);
      return;
    }
    const share = isComplete ? 1 : done / total;
    progress.report(what, (compiled + loaded + share) / 2, programs, stage);
    if (isComplete) loaded++;
  };
}
