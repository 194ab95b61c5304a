/** How far the programs of a model are, from what `load` tells as `OnProgress`. */
import { type Preparation, preparations } from '../../model/load.ts';
import type { OnProgress } from '../../model/session/programs.ts';

/** Programs done, of so many: one counts half for being compiled and half for its weights. */
export type ProgramsDone = (done: number, programs: number, stage: string) => void;

/**
 * What to give `load` as `onProgress`. Programs are compiled side by side, and their weights put in place one after the other.
 * @param prepare what the model is loaded for
 */
export function programProgress(prepare: readonly Preparation[], onChange: ProgramsDone): OnProgress {
  const programs = new Set(prepare.flatMap((name): readonly string[] => preparations[name])).size;
  let [compiled, loaded] = [0, 0];
  return ({ stage, done, total }) => {
    const isComplete = done === total;
    if (stage.startsWith('compiling')) {
      if (isComplete) compiled++;
      onChange((compiled + loaded) / 2, programs, stage);
      return;
    }
    const share = isComplete ? 1 : done / total;
    onChange((compiled + loaded + share) / 2, programs, stage);
    if (isComplete) loaded++;
  };
}
