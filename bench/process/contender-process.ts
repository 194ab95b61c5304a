/** A process that runs one contender: V8's flags, memory and threads of one do not touch the others. */

import { backends } from '#backends';
import { openEngine } from '../../runtime/engine.ts';
import { contenderNamed } from '../contenders/contenders.ts';
import type { Running } from '../suites/suite.ts';
import { caseNamed } from '../suites/suites.ts';
import type { Answer, Assignment, Protocol, Request, RequestKind } from './messages.ts';
import { microSamples } from './micro.ts';

let running: Running | undefined;
let micro = false;

const started = (): Running => {
  if (running === undefined) throw new Error('nothing was started in this process');
  return running;
};

type Handlers = { readonly [K in RequestKind]: (request: Protocol[K]['request']) => Promise<Protocol[K]['answer']> };

const handlers: Handlers = {
  environment: async () => ({ node: process.versions.node, v8: process.versions.v8 }),
  probe: async ({ contender }) => contenderNamed(contender).probe?.(),
  async start({ suite, case: name, contender, threads, site }) {
    const measured = caseNamed(suite, name);
    micro = measured.kind === 'workload' && measured.micro === true;
    const notes: string[] = [];
    running = await contenderNamed(contender).start(measured, {
      threads,
      ...(site !== undefined && { site }),
      note: (text) => notes.push(text),
    });
    const result = await running.run();
    const output = typeof result === 'string' ? result : Float32Array.from(result);
    const { description, work } = running;
    return { description, notes, output, ...(work && { work }) };
  },
  figure: ({ suite, case: name, threads }: Assignment) => {
    const measured = caseNamed(suite, name);
    if (measured.kind !== 'figure') throw new Error(`${name} has no figure`);
    return withEngine(threads, (engine) => measured.figure({ engine, threads, note() {} }));
  },
  async warmUp({ milliseconds }) {
    const start = performance.now();
    await started().run();
    const first = performance.now() - start;
    while (performance.now() < start + milliseconds) await started().run();
    return first;
  },
  async sample({ seconds }) {
    const { run, sample } = started();
    if (sample) return [await sample()];
    if (micro) return microSamples(run, seconds);
    const start = performance.now();
    await run();
    return [performance.now() - start];
  },
  profile: async () => started().profile?.(),
  async close() {
    await running?.close();
    running = undefined;
    return undefined;
  },
};

async function withEngine<T>(
  threads: number,
  use: (engine: Awaited<ReturnType<typeof openEngine>>) => Promise<T>,
): Promise<T> {
  await using engine = await openEngine('wasm', backends, { threads });
  // Awaited: the engine is closed when this function is left.
  return await use(engine);
}

async function answer(request: Request): Promise<Answer> {
  try {
    const handle = handlers[request.kind] as (given: Request) => Promise<unknown>;
    return { value: await handle(request) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

process.on('message', (request: Request) => {
  void answer(request).then((given) => {
    process.send!(given);
    if (request.kind === 'close') process.disconnect();
  });
});

// Also where the program that measures was killed: nothing may go on running.
process.on('disconnect', () => process.exit());
