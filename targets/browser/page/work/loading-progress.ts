/** One bar for everything that is done while a model is loaded. */
import type { OnProgress } from '../../../../model/session/programs.ts';
import type { Progress } from '../state/state.ts';

type Event = Parameters<OnProgress>[0];

/** Programs that the page prepares, unless more show up. */
const usualPrograms = 7;
/** The share of compiling; the rest is loading weights. */
const compiling = 0.6;

/** @returns takes what a model tells while it is loaded, and says how far all of it is; never less than before */
export function loadingProgress(programs = usualPrograms): (event: Event) => Progress {
  const compiled = new Map<string, number>();
  let loads = 0;
  let share = 0;
  let best = 0;
  return ({ stage, done, total }) => {
    const fraction = total > 0 ? done / total : 1;
    if (stage.startsWith('compiling')) compiled.set(stage, fraction);
    else {
      // A program's weights begin anew at 0.
      if (done === 0) loads++;
      share = Math.min(1, (Math.max(0, loads - 1) + fraction) / Math.max(programs, compiled.size));
    }
    const finished = [...compiled.values()].reduce((sum, value) => sum + value, 0);
    const all = Math.max(programs, compiled.size);
    best = Math.max(best, compiling * (finished / all) + (1 - compiling) * share);
    return { done: best, stage: `${stage[0]!.toUpperCase()}${stage.slice(1)}` };
  };
}
