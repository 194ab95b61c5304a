/** A vision transformer forward on wasm, against onnxruntime-node with the same weights and number of threads. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { backends } from '#backends';
import { input, trace } from '../dsl/index.ts';
import { compileGraph } from '../kernels/compile.ts';
import { namedConfig } from '../model/configs.ts';
import { modelGraph } from '../model/graph/model.ts';
import { vit } from '../model/graph/vit.ts';
import { parameterShapes } from '../model/parameters.ts';
import { random } from '../model/random.ts';
import { openEngine } from '../runtime/engine.ts';
import type { KernelTime } from '../runtime/seam.ts';
import { alternate, type Contender, median, relativeError } from './measure.ts';
import { vitOnnx } from './peers/vit-onnx.ts';

const { values: options } = parseArgs({
  options: {
    config: { type: 'string', default: 'vit-b-16+tinyllama' },
    batch: { type: 'string', default: '1' },
    threads: { type: 'string', default: `${availableParallelism()}` },
    rounds: { type: 'string', default: '10' },
    kernels: { type: 'boolean', default: false },
  },
});
const [batch, threads, rounds] = [options.batch, options.threads, options.rounds].map(Number) as [
  number,
  number,
  number,
];
const config = namedConfig(options.config);
const side = config.vision.image_size;

/** Random weights of a size at which activations stay tame. */
function weights(): Map<string, Float32Array> {
  const { normal } = random(1);
  const shapes = [...parameterShapes(config)].filter(([key]) => key.startsWith('visual.'));
  return new Map(
    shapes.map(([key, shape]) => {
      const scale = 1 / Math.sqrt(shape.length > 1 ? shape.slice(1).reduce((a, b) => a * b, 1) : 100);
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      for (let i = 0; i < data.length; i++) data[i] = normal() * scale;
      return [key, data];
    }),
  );
}

/** What of onnxruntime-node is used here. */
interface OnnxRuntime {
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{ readonly outputNames: string[]; run(feeds: object): Promise<Record<string, { data: Float32Array }>> }>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => object;
}

async function peer(
  parameters: ReadonlyMap<string, Float32Array>,
  images: Float32Array,
): Promise<() => Promise<Float32Array>> {
  const { default: ort } = (await import(
    new URL('../../bench/peers/node_modules/onnxruntime-node/dist/index.js', import.meta.url).href
  )) as {
    default: OnnxRuntime;
  };
  const model = vitOnnx(config, batch, (key) => parameters.get(key)!);
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: threads, interOpNumThreads: 1 });
  const input = new ort.Tensor('float32', images, [batch, 3, side, side]);
  return async () => (await session.run({ images: input }))[session.outputNames[0]!]!.data;
}

async function main(): Promise<void> {
  const parameters = weights();
  const { normal } = random(2);
  const images = Float32Array.from({ length: batch * 3 * side * side }, normal);
  await using engine = await openEngine('wasm', backends, { threads });
  console.log(engine.info.description);
  const m = modelGraph(config);
  const graph = trace('vit', { tokens: vit(m, input('images', [m.dims.B, ...m.dims.image])) });
  const executable = await engine.compile(compileGraph(graph, engine.target));
  const store = engine.createStore('vit');
  for (const declaration of executable.step.buffers) {
    if (declaration.role === 'parameter') await store.write(declaration, parameters.get(declaration.source!)!);
  }
  const ours = async (onTimes?: (times: readonly KernelTime[]) => void) =>
    (await executable.run(store, { images }, { B: batch }, onTimes ? { onTimes } : {})).tokens!;
  const theirs = await peer(parameters, images);
  console.log(`difference ${relativeError(await ours(), await theirs()).toExponential(1)} of the largest element`);
  const contenders: Contender[] = [
    { name: 'mmgem', run: () => ours() },
    { name: 'onnxruntime-node', run: theirs },
  ];
  const [a, b] = (await alternate(contenders, rounds)).map(({ name, times }) => {
    const middle = median(times);
    console.log(`${name.padEnd(18)} ${middle.toFixed(0)} ms (${times[0]!.toFixed(0)} … ${times.at(-1)!.toFixed(0)})`);
    return middle;
  }) as [number, number];
  console.log(
    `mmgem takes ${(a / b).toFixed(2)} times as long: ${options.config}, batch ${batch}, ${threads} threads, Node ${process.version}`,
  );
  if (options.kernels) await ours(printTimes);
}

/** The kernels that take longest, alike ones added up. */
function printTimes(times: readonly KernelTime[]): void {
  const sums = new Map<string, { count: number; total: number }>();
  for (const { kernel, variant, milliseconds } of times) {
    const key = `${kernel.replace(/_\d+$/, '')} (${variant})`;
    const { count, total } = sums.get(key) ?? { count: 0, total: 0 };
    sums.set(key, { count: count + 1, total: total + milliseconds });
  }
  for (const [key, { count, total }] of [...sums].sort((x, y) => y[1].total - x[1].total)) {
    console.log(`${total.toFixed(1).padStart(8)} ms  ${count} × ${key}`);
  }
}

await main();
