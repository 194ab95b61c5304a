// Reading single fields out of other projects' JSON, where most may be absent.
import { MmgemError } from '../errors.ts';

/** The value at a path of keys, or undefined where the path ends early; null counts as absent. */
export function fieldAt(json: unknown, path: string): unknown {
  let value = json;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value ?? undefined;
}

/** @throws MmgemError naming file and field unless it is absent or a finite number */
export function numberAt(json: unknown, path: string, fileName: string): number | undefined {
  const value = fieldAt(json, path);
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw wrongField(fileName, path, value, 'a number');
}

/** @throws MmgemError naming file and field unless it is absent or a string */
export function stringAt(json: unknown, path: string, fileName: string): string | undefined {
  const value = fieldAt(json, path);
  if (value === undefined || typeof value === 'string') return value;
  throw wrongField(fileName, path, value, 'a string');
}

/** @throws MmgemError naming file and field unless it is absent or a boolean */
export function booleanAt(json: unknown, path: string, fileName: string): boolean | undefined {
  const value = fieldAt(json, path);
  if (value === undefined || typeof value === 'boolean') return value;
  throw wrongField(fileName, path, value, 'true or false');
}

/** Red, green, blue. */
export type Rgb = readonly [number, number, number];

/** @throws MmgemError naming file and field unless it is absent or three finite numbers */
export function rgbAt(json: unknown, path: string, fileName: string): Rgb | undefined {
  const value = fieldAt(json, path);
  if (value === undefined) return undefined;
  const isRgb = Array.isArray(value) && value.length === 3 && value.every((channel) => Number.isFinite(channel));
  if (!isRgb) throw wrongField(fileName, path, value, 'three numbers');
  return value as unknown as Rgb;
}

/** The error for a field with an unusable value. */
export function wrongField(fileName: string, path: string, value: unknown, needs: string): MmgemError {
  return new MmgemError(`${fileName}: ${path} is ${shown(value)}; it must be ${needs}. Correct it.`);
}

/** Most characters of a value that a message repeats. */
const maxShown = 200;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}
