/** One cold start, in a process of its own: prints when each part began and ended, as JSON. Times are since the process began. */

import type { BackendOptions } from '../../runtime/backend.ts';
import type { Engine } from '../../runtime/engine.ts';

/** A part of the start, in milliseconds since the process began. `cpu` is that of all threads meanwhile. */
export interface Span {
  readonly part: string;
  readonly from: number;
  readonly to: number;
  readonly cpu: number;
}

const [model, options] = [process.argv[2]!, JSON.parse(process.argv[3]!) as BackendOptions];
const spans: Span[] = [];

const cpuTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function timed<T>(part: string, work: () => T | Promise<T>): Promise<T> {
  const [from, before] = [performance.now(), cpuTime()];
  try {
    return await work();
  } finally {
    spans.push({ part, from, to: performance.now(), cpu: cpuTime() - before });
  }
}

/** An object of which one method is timed. */
function timing<T extends object, K extends keyof T & string>(
  object: T,
  method: K,
  part: (...given: never[]) => string,
): void {
  const original = (object[method] as (...given: never[]) => unknown).bind(object);
  const replacement = (...given: never[]) => timed(part(...given), () => original(...given));
  Object.defineProperty(object, method, { value: replacement, configurable: true });
}

spans.push({ part: 'node', from: 0, to: performance.now(), cpu: cpuTime() });
timing(WebAssembly as typeof WebAssembly & object, 'compile', () => 'WebAssembly.compile');

const mmgem = await timed('import', () => import('../../targets/node/index.ts'));
const engine: Engine = await timed('open', () => mmgem.open('wasm', options));
timing(engine, 'compile', () => 'compile');
const createStore = engine.createStore.bind(engine);
engine.createStore = (name) => {
  const store = createStore(name);
  timing(store, 'write', () => 'weights');
  return store;
};
const loaded = await timed('load', () => mmgem.load(model, { engine }));
const side = 96;
const image = { width: side, height: side, data: new Uint8Array(3 * side * side).fill(128) };
await timed('first image', () => loaded.embedImages([image]));
await timed('second image', () => loaded.embedImages([image]));
await timed('first text', () => loaded.embedTexts(['a red circle above a blue square']));
await loaded.close();
await engine.close();
console.log(JSON.stringify(spans));
