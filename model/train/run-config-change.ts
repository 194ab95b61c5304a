// What of a configuration a resumed run may change: all that decides neither the parameters nor the place in the data.
import { MmgemError } from '../errors.ts';
import type { RunConfig } from './run-config.ts';

const mayChange = [
  'steps',
  'minutes',
  'guard',
  'checkpoint',
  'evaluation',
  'out',
  'data.workers',
  'data.maxBroken',
] as const;

/**
 * @param checkpoint what errors call the checkpoint
 * @throws MmgemError naming the first field that decides what the run computes and differs
 */
export function checkUnchanged(before: RunConfig, now: RunConfig, checkpoint: string): void {
  for (const [field, was, is] of differences(before, now)) {
    if (mayChange.some((free) => field === free || field.startsWith(`${free}.`))) continue;
    throw new MmgemError(
      `${field} is ${shown(is)}, and was ${shown(was)} in the run that made ${checkpoint}. A resumed run goes on as it ` +
        `began: put it back, or begin another run in another "out" from "model": { "directory": "${checkpoint}" }. ` +
        `What may change is ${mayChange.join(', ')}.`,
    );
  }
}

const shown = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value));

/** Fields whose values differ, by path; objects are looked into, lists are not. */
function* differences(before: unknown, now: unknown, path = ''): Generator<readonly [string, unknown, unknown]> {
  const [a, b] = [fieldsOf(before), fieldsOf(now)];
  if (a === undefined || b === undefined) {
    if (JSON.stringify(before) !== JSON.stringify(now)) yield [path, before, now];
    return;
  }
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    yield* differences(a[name], b[name], path === '' ? name : `${path}.${name}`);
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isFields = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isFields ? (value as Readonly<Record<string, unknown>>) : undefined;
}
