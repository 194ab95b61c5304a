/** Who takes part: mmgem's backends, in Node and in browsers, its peers, and the machine itself, whose limits everything is set against. */

import { join } from 'node:path';
import { backends } from '#backends';
import type { BackendOptions } from '../../runtime/backend.ts';
import { openEngine } from '../../runtime/engine.ts';
import { modelFolder, startTask } from '../browser/tasks.ts';
import { peers } from '../peers/peers.ts';
import type { Case, Running } from '../suites/suite.ts';
import { browserContenders } from './browsers.ts';
import { startLimit } from './machine.ts';
import { startWorkload } from './own.ts';

/** `backend`: one of Node's; `browser`: one in a page of a browser. */
export type ContenderKind = 'backend' | 'browser' | 'peer' | 'machine';

export interface StartContext {
  readonly threads: number;
  /** What `makeSiteFolder` made, for cases of models. */
  readonly site?: string;
  note(text: string): void;
}

export interface Contender {
  readonly name: string;
  readonly kind: ContenderKind;
  /** `one`: it takes part whatever the number, on the one that it has; `none`: it takes part once, for it runs elsewhere. */
  readonly threads: 'heeded' | 'one' | 'none';
  /** The contender that its ratio is of, where it is not the leading one: what does in Node what this one does in a browser. */
  readonly counterpart?: string;
  takes(measured: Case): boolean;
  /** Why it is measured only when it is named; undefined where there is no such reason. @throws Error saying why it cannot run here */
  probe?(): Promise<string | undefined>;
  /** Runs in a process of its own. @throws Error with what to do when it cannot run here */
  start(measured: Case, context: StartContext): Promise<Running>;
}

interface BackendRow {
  readonly name: string;
  readonly backend: string;
  readonly options: BackendOptions;
  readonly threaded: boolean;
}

const backendRows: readonly BackendRow[] = [
  { name: 'wasm-wide', backend: 'wasm', options: { simd: 'wide' }, threaded: true },
  { name: 'wasm-relaxed', backend: 'wasm', options: { simd: 'relaxed' }, threaded: true },
  { name: 'wasm-baseline', backend: 'wasm', options: { simd: 'baseline' }, threaded: true },
  { name: 'dawn', backend: 'dawn', options: {}, threaded: false },
];

const backendContenders = backendRows.map(
  ({ name, backend, options, threaded }): Contender => ({
    name,
    kind: 'backend',
    threads: threaded ? 'heeded' : 'none',
    takes: ({ kind }) => kind === 'workload' || kind === 'model' || (kind === 'own' && backend === 'wasm'),
    async probe() {
      const probe = await backends.find((factory) => factory.name === backend)!.probe(options);
      if (!probe.usable) throw new Error(`${probe.reason}. ${probe.remedy}`);
      return probe.drawback;
    },
    async start(measured, { threads, note, site }) {
      const given = { ...options, ...(threaded && { threads }) };
      if (measured.kind === 'model') {
        if (site === undefined) throw new Error(`${measured.name} needs a model`);
        const { load, open } = await import('../../targets/node/index.ts');
        return startTask(measured.task, { open, load }, { backend, options: given, model: join(site, modelFolder) });
      }
      const engine = await openEngine(backend, backends, given);
      if (measured.kind !== 'workload' && measured.kind !== 'own')
        throw new Error(`${measured.name} is not run by a backend`);
      const running =
        measured.kind === 'workload'
          ? await startWorkload(engine, measured.workload())
          : await measured.start({ engine, threads, note });
      return {
        ...running,
        close: async () => {
          await running.close();
          await engine.close();
        },
      };
    },
  }),
);

const peerContenders = peers.map(
  (peer): Contender => ({
    name: peer.name,
    kind: 'peer',
    threads: peer.threads,
    takes: (measured) => measured.kind === 'workload' && peer.speaks(measured.workload()),
    start(measured, { threads }) {
      if (measured.kind !== 'workload') throw new Error(`${measured.name} is not written for ${peer.name}`);
      return peer.start(measured.workload(), threads);
    },
  }),
);

const machineContenders = (['peak', 'bandwidth'] as const).map(
  (limit): Contender => ({
    name: `machine-${limit}`,
    kind: 'machine',
    threads: 'heeded',
    takes: ({ kind }) => kind === 'workload' || kind === 'own',
    start: (_, { threads }) => startLimit(limit, threads),
  }),
);

export const contenders: readonly Contender[] = [
  ...backendContenders,
  ...browserContenders,
  ...peerContenders,
  ...machineContenders,
];

export function contenderNamed(name: string): Contender {
  const found = contenders.find((contender) => contender.name === name);
  if (found === undefined) throw new Error(`there is no contender ${name}`);
  return found;
}
