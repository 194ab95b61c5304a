import { type TestTarget, testTargets } from '../backends.ts';
import { prepareTarget, type Readiness } from '../hosts.ts';
import { isRequired } from '../requirement.ts';
import type { TestFile } from './discover.ts';
import type { Job } from './execute.ts';

/** A target with what this machine has for it. */
export interface PreparedTarget {
  readonly target: TestTarget;
  readonly readiness: Readiness;
}

/** What is to run, what cannot, and what should but cannot. */
export interface Plan {
  readonly jobs: readonly Job[];
  /** `NAME: REASON` of every device test that a missing target keeps from running. */
  readonly skips: readonly string[];
  /** Required targets that are missing, with the reason. */
  readonly failures: readonly string[];
}

const seconds = { light: 600, heavy: 1800, drain: 20 } as const;

/** Device tests of WGSL itself have nothing to run on the CPU. */
const concerns = ({ name }: TestFile, { backend, only }: TestTarget): boolean =>
  only?.test(name) ?? (backend === 'dawn' || !/^wgsl\/|\/webgpu/.test(name));

/** The targets of this run, looked up: those asked for by name, or all that need no request. */
export async function prepareTargets(names: readonly string[]): Promise<PreparedTarget[]> {
  const wanted = testTargets.filter((target) =>
    names.length > 0 ? names.includes(target.name) : target.onRequest !== true,
  );
  return Promise.all(wanted.map(async (target) => ({ target, readiness: await prepareTarget(target) })));
}

/** Ordinary files once, device files once per target. A target asked for or required must be there. */
export function plan(
  files: readonly TestFile[],
  targets: readonly PreparedTarget[],
  options: { readonly folder: string; readonly timeoutSeconds?: number; readonly requested: readonly string[] },
): Plan {
  const job = (file: TestFile, name: string, how: Pick<Job, 'node' | 'arguments' | 'env'>): Job => ({
    name,
    ...how,
    file: file.compiled,
    folder: options.folder,
    heavy: file.heavy,
    timeoutSeconds: options.timeoutSeconds ?? (file.heavy ? seconds.heavy : seconds.light),
    drainSeconds: seconds.drain,
  });
  const device = files.filter((file) => file.device);
  const jobs = files
    .filter((file) => !file.device)
    .map((file) => job(file, file.name, { node: process.execPath, env: {} }));
  const skips: string[] = [];
  const failures: string[] = [];
  for (const { target, readiness } of targets) {
    const name = (file: TestFile) => `${file.name} [${target.name}]`;
    const concerned = device.filter((file) => concerns(file, target));
    if (readiness.ready) {
      const { node, arguments: given } = readiness;
      const program = { node, ...(given && { arguments: given }) };
      const env = { ...readiness.env, MMGEM_TARGET: target.name };
      jobs.push(...concerned.map((file) => job(file, name(file), { ...program, env })));
    } else if (isRequired(target.name) || options.requested.includes(target.name)) {
      failures.push(`${target.name} is required: ${readiness.reason}`);
    } else {
      skips.push(...concerned.map((file) => `${name(file)}: ${readiness.reason}`));
    }
  }
  return { jobs, skips, failures };
}
