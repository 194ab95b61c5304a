/** A page with mmgem on it, as any page would import it, that runs a task when it is told to. */
import { browserName } from '../../targets/browser/browser-name.ts';
import { load, open } from '../../targets/browser/index.ts';
import { startTask, type Task, type TaskName, type TaskOutput, type TaskSetting } from './tasks.ts';

export interface TaskPage {
  /** @returns what runs it, in words */
  start(name: TaskName, setting: TaskSetting): Promise<string>;
  run(): Promise<TaskOutput>;
  sample(): Promise<number>;
}

declare global {
  var taskPage: TaskPage;
}

let task: Task;

globalThis.taskPage = {
  async start(name, setting) {
    task = await startTask(name, { open, load }, setting);
    return `${browserName()}${crossOriginIsolated ? '' : ', page not isolated'}: ${task.description}`;
  },
  run: () => task.run(),
  sample: () => task.sample(),
};
