/** A training step on wasm: images a second, and where the time goes. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { backends } from '#backends';
import { namedConfig } from '../model/configs.ts';
import { graphEngine } from '../model/load.ts';
import { parameterCount } from '../model/parameters.ts';
import { paperOptimizer } from '../model/train/graph/optimizer.ts';
import { openTrainer } from '../model/train/trainer.ts';
import { openEngine } from '../runtime/engine.ts';
import type { KernelTime } from '../runtime/seam.ts';

import { median } from './statistics.ts';
import { randomWeights, trainingBatch } from './suites/training.ts';

const { values: options } = parseArgs({
  options: {
    config: { type: 'string', default: 'mini' },
    batch: { type: 'string', default: '16' },
    tokens: { type: 'string', default: '16' },
    threads: { type: 'string', default: `${availableParallelism()}` },
    steps: { type: 'string', default: '8' },
    kernels: { type: 'boolean', default: false },
  },
});
const numbers = [options.batch, options.tokens, options.threads, options.steps].map(Number);
const [rows, tokens, threads, steps] = numbers as [number, number, number, number];

const config = namedConfig(options.config);

const engine = await openEngine('wasm', backends, { threads });
const times = new Map<string, { milliseconds: number; count: number }>();
const count = ({ kernel, variant, milliseconds }: KernelTime): void => {
  const name = `${kernel.replace(/_\d+$/, '')} (${variant})`;
  const before = times.get(name) ?? { milliseconds: 0, count: 0 };
  times.set(name, { milliseconds: before.milliseconds + milliseconds, count: before.count + 1 });
};
const compiling = graphEngine(engine);
const began = performance.now();
const trainer = await openTrainer({
  engine: {
    ...compiling,
    async compile(graph) {
      const executable = await compiling.compile(graph);
      if (!options.kernels) return executable;
      const { step, sources } = executable;
      return {
        step,
        sources,
        plan: (sizes) => executable.plan(sizes),
        run: (store, inputs, sizes) => executable.run(store, inputs, sizes, { onTimes: (all) => all.forEach(count) }),
        close: () => executable.close(),
      };
    },
  },
  name: options.config,
  config,
  weights: randomWeights(config),
  stage: 'stage1',
  optimizer: paperOptimizer,
  rates: { base: 1e-3, projection: 1e-3 },
  description: engine.info.description,
});
const batch = trainingBatch(config, rows, tokens);
console.log(
  `${options.config}: ${(parameterCount(config) / 1e6).toFixed(1)} M parameters, batch ${rows}, ${tokens} tokens a text`,
);
console.log(`${engine.info.description}; compiled in ${((performance.now() - began) / 1000).toFixed(1)} s`);
console.log(`peak memory of the plan: ${(trainer.plan(batch).peak / 2 ** 20).toFixed(0)} MiB`);
const seconds: number[] = [];
for (let step = 1; step <= steps + 1; step++) {
  const start = performance.now();
  const { losses } = await trainer.step(batch, { step, rateFactor: 1 });
  if (step > 1) seconds.push((performance.now() - start) / 1000);
  else times.clear();
  console.log(`step ${step}: loss ${losses.total.toFixed(4)}, ${((performance.now() - start) / 1000).toFixed(3)} s`);
}
console.log(`${(rows / median(seconds)).toFixed(1)} images/s (median step ${median(seconds).toFixed(3)} s)`);
for (const [name, { milliseconds, count: runs }] of [...times]
  .sort((a, b) => b[1].milliseconds - a[1].milliseconds)
  .slice(0, 40))
  console.log(`${(milliseconds / steps).toFixed(2).padStart(9)} ms  ${String(runs / steps).padStart(4)} × ${name}`);
await trainer.close();
await engine.close();
