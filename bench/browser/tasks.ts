/** What is measured of a model: the same calls of the public API in Node and in a page, timed where they are made. */
import type { RgbImage } from '../../model/preprocess/image.ts';
import { scene } from '../../model/scenes/scene.ts';
import type { BackendOptions } from '../../runtime/backend.ts';

/** Tokens of a caption: none is shorter, so that the time of a token can be told. */
export const captionTokens = 20;

/** Where the model lies in the folder that browsers are given, and so on the site. */
export const modelFolder = 'model';

/** An embedding, or a text. */
export type TaskOutput = readonly number[] | string;

/** `load`: opening the backend, loading the model, embedding a first image; the others on a model that has been loaded. */
export type TaskName = 'load' | 'image' | 'text' | 'caption';

interface TaskEngine {
  readonly info: { readonly description: string };
  close(): Promise<void>;
}

interface TaskModel {
  embedImages(images: readonly RgbImage[]): Promise<readonly Float32Array[]>;
  embedTexts(texts: readonly string[]): Promise<readonly Float32Array[]>;
  caption(
    image: RgbImage,
    options: { readonly minLength: number; readonly maxLength: number },
  ): { text(): Promise<string> };
  close(): Promise<void>;
}

/** What `import … from 'mmgem'` gives in Node and in browsers, as far as tasks need it. */
export interface TaskApi<Engine extends TaskEngine> {
  open(backend: string, options: BackendOptions): Promise<Engine>;
  load(model: string, options: { readonly engine: Engine }): Promise<TaskModel>;
}

export interface TaskSetting {
  readonly backend: string;
  readonly options: BackendOptions;
  /** A path in Node, a URL in a page. */
  readonly model: string;
}

/** A task that can be run again and again. */
export interface Task {
  /** The engine's own words for what runs it; a GPU in software is called one. */
  readonly description: string;
  run(): Promise<TaskOutput>;
  /** Milliseconds of a run. */
  sample(): Promise<number>;
  close(): Promise<void>;
}

/** Clocks of browsers are made coarse, up to 1 ms: short runs are repeated for so many milliseconds. */
const leastSample = 20;

/** @throws MmgemError as `open` and `load` */
export async function startTask<Engine extends TaskEngine>(
  name: TaskName,
  api: TaskApi<Engine>,
  setting: TaskSetting,
): Promise<Task> {
  const image = scene(2405, { side: 320 }).image;
  if (name === 'load') return loadTask(api, setting, image);
  const { engine, model } = await opened(api, setting);
  const runs: Readonly<Record<Exclude<TaskName, 'load'>, () => Promise<TaskOutput>>> = {
    image: async () => [...(await model.embedImages([image]))[0]!],
    text: async () => [...(await model.embedTexts(['a red circle above a blue square']))[0]!],
    caption: () => model.caption(image, { minLength: captionTokens, maxLength: captionTokens }).text(),
  };
  const run = runs[name];
  return {
    description: descriptionOf(engine),
    run,
    async sample() {
      const start = performance.now();
      let count = 0;
      do {
        await run();
        count++;
      } while (performance.now() - start < leastSample);
      return (performance.now() - start) / count;
    },
    async close() {
      await model.close();
      await engine.close();
    },
  };
}

/** Why a SIMD build was taken, which is the same in every row. */
const whyTaken = / \([^)]*\)(?=, \d+ threads?$)/;

/** Drivers that compute on the CPU, by the names of their adapters: Firefox does not mark them as browsers should. */
const softwareDrivers = /swiftshader|llvmpipe|lavapipe|basic render driver/i;

function descriptionOf({ info: { description } }: TaskEngine): string {
  return softwareDrivers.test(description) ? `software driver ${description}` : description.replace(whyTaken, '');
}

/** Closing is not timed: nobody waits for it. */
async function loadTask<Engine extends TaskEngine>(
  api: TaskApi<Engine>,
  setting: TaskSetting,
  image: RgbImage,
): Promise<Task> {
  const once = async () => {
    const start = performance.now();
    const { engine, model } = await opened(api, setting);
    const [embedding] = await model.embedImages([image]);
    const milliseconds = performance.now() - start;
    await model.close();
    await engine.close();
    return { milliseconds, output: [...embedding!] };
  };
  const engine = await api.open(setting.backend, setting.options);
  const description = descriptionOf(engine);
  await engine.close();
  return {
    description,
    // The first run downloads and compiles; the next ones find what it kept.
    run: async () => (await once()).output,
    sample: async () => (await once()).milliseconds,
    close: async () => {},
  };
}

async function opened<Engine extends TaskEngine>(
  api: TaskApi<Engine>,
  { backend, options, model: from }: TaskSetting,
): Promise<{ readonly engine: Engine; readonly model: TaskModel }> {
  const engine = await api.open(backend, options);
  try {
    return { engine, model: await api.load(from, { engine }) };
  } catch (error) {
    await engine.close();
    throw error;
  }
}
