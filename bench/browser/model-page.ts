/** A page with mmgem on it, as any page would import it, that runs a task as its server tells it to. */
import { browserName } from '../../targets/browser/browser-name.ts';
import { load, open } from '../../targets/browser/index.ts';
import { type Call, type Outcome, paths } from './calls.ts';
import { startTask, type Task, type TaskName, type TaskSetting } from './tasks.ts';

let task: Task | undefined;

function started(): Task {
  if (!task) throw new Error('nothing was started on this page');
  return task;
}

const functions: Readonly<Record<Call['name'], (...given: never[]) => Promise<unknown>>> = {
  async start(name: TaskName, setting: TaskSetting) {
    task = await startTask(name, { open, load }, setting);
    return `${browserName()}${crossOriginIsolated ? '' : ', page not isolated'}: ${task.description}`;
  },
  run: () => started().run(),
  sample: () => started().sample(),
};

async function outcomeOf({ name, given }: Call): Promise<Outcome> {
  try {
    return { value: await functions[name](...(given as never[])) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

async function serve(): Promise<never> {
  for (;;) {
    const call = (await (await fetch(paths.call)).json()) as Call | null;
    if (call) await fetch(paths.outcome, { method: 'POST', body: JSON.stringify(await outcomeOf(call)) });
  }
}

void serve();
