// Where a run begins: at its beginning, or behind the newest checkpoint.
import { MmgemError } from '../errors.ts';
import { checkpointSteps, openRunCheckpoint, type RunState } from './checkpoint.ts';
import type { RunFolder } from './folder.ts';
import { watchful } from './guard.ts';
import type { RunConfig } from './run-config.ts';
import { checkUnchanged } from './run-config-change.ts';
import type { StoredTensor, Trainer } from './seam.ts';

/**
 * The state that a run goes on from. The trainer has its tensors then.
 * @param resume goes on from the newest checkpoint; otherwise there must be none
 * @throws MmgemError when there is a checkpoint and `resume` is false, or when it is damaged or of another configuration
 */
export async function beginning<Batch>(
  config: RunConfig,
  trainer: Trainer<Batch>,
  folder: RunFolder,
  resume: boolean,
  note: (message: string) => void,
): Promise<RunState> {
  const newest = (await checkpointSteps(folder)).at(-1);
  if (newest === undefined) {
    if (resume) note(`${folder.name} has no checkpoint yet: the run begins at its beginning`);
    return { step: 0, images: 0, broken: 0, seconds: 0, guard: watchful, config };
  }
  if (!resume) {
    throw new MmgemError(
      `${folder.name}: holds a run already, with a checkpoint at step ${newest}. ` +
        'Add --resume to go on with it, or name another "out".',
    );
  }
  const { name, state, tensors, close } = await openRunCheckpoint(folder, newest);
  try {
    checkUnchanged(state.config, config, name);
    checkTensors(trainer, tensors, name);
    await trainer.restore(tensors);
  } finally {
    await close();
  }
  note(`going on from ${name}`);
  return { ...state, config };
}

/** @throws MmgemError unless the checkpoint holds just the tensors that the trainer keeps */
function checkTensors(
  trainer: Pick<Trainer<unknown>, 'tensors'>,
  tensors: ReadonlyMap<string, StoredTensor>,
  name: string,
): void {
  const due = new Map(trainer.tensors().map((tensor) => [tensor.name, `[${tensor.shape}]`]));
  const found = new Map([...tensors.values()].map((tensor) => [tensor.name, `[${tensor.shape}]`]));
  for (const tensor of new Set([...due.keys(), ...found.keys()])) {
    const [is, has] = [due.get(tensor), found.get(tensor)];
    if (is === has) continue;
    throw new MmgemError(
      `${name}: tensor ${tensor} is ${has ?? 'absent'} in it and ${is ?? 'absent'} in this run. ` +
        'It was written by another version of mmgem; resume it with that.',
    );
  }
}
