// Checking JSON that users write against a table of fields: what each value must be, and what must hold between them.
import { MmgemError } from './errors.ts';

/** What a value must be, and whether it is; `needs` completes "must be …". */
export interface Rule {
  readonly needs: string;
  readonly holds: (value: unknown) => boolean;
}

/** The fields of an object, and of the objects in it. */
export type Fields = { readonly [field: string]: Rule | Fields };

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isWhole = (value: unknown, least: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least;

export const integer: Rule = { needs: 'an integer', holds: Number.isSafeInteger };
export const count: Rule = { needs: 'an integer of at least 1', holds: (v) => isWhole(v, 1) };
export const countOrNone: Rule = { needs: 'an integer of at least 0', holds: (v) => isWhole(v, 0) };
export const positive: Rule = { needs: 'a number greater than 0', holds: (v) => isNumber(v) && v > 0 };
export const flag: Rule = { needs: 'true or false', holds: (v) => typeof v === 'boolean' };
export const text: Rule = { needs: 'a text that is not empty', holds: (v) => typeof v === 'string' && v !== '' };

export function oneOf(...values: readonly string[]): Rule {
  return {
    needs: values.map((value) => JSON.stringify(value)).join(' or '),
    holds: (v) => values.includes(v as string),
  };
}

export function between(least: number, most: number): Rule {
  return { needs: `a number from ${least} to ${most}`, holds: (v) => isNumber(v) && v >= least && v <= most };
}

export function below(bound: number): Rule {
  return { needs: `a number of at least 0 and below ${bound}`, holds: (v) => isNumber(v) && v >= 0 && v < bound };
}

/** A list of `length` values, or of one and more. */
export function listOf(rule: Rule, length?: number): Rule {
  return {
    needs: `a list of ${length ?? 'one or more'}, each ${rule.needs}`,
    holds: (v) =>
      Array.isArray(v) && (length === undefined ? v.length > 0 : v.length === length) && v.every(rule.holds),
  };
}

/** May be left out. */
export function optional(rule: Rule): Rule {
  return { needs: rule.needs, holds: (v) => v === undefined || rule.holds(v) };
}

/** A condition between fields; its message tells the values and what would be right. */
export interface Relation<Config> {
  readonly field: string;
  readonly fails: (config: Config) => boolean;
  readonly says: (config: Config) => string;
}

/** @throws MmgemError naming file and field when a relation fails */
export function checkRelations<Config>(config: Config, relations: readonly Relation<Config>[], fileName: string): void {
  for (const { field, fails, says } of relations) {
    if (fails(config)) throw new MmgemError(`${fileName}: ${field} ${says(config)}.`);
  }
}

/**
 * Checks that `value` is an object with these fields and no others.
 * @param path of the object inside the file, with a dot behind it; empty for the whole
 * @throws MmgemError naming file, field and what would be right
 */
export function checkFields(value: unknown, expected: Fields, path: string, fileName: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const what = path === '' ? 'the configuration' : path.slice(0, -1);
    throw new MmgemError(
      `${fileName}: ${what} is ${shown(value)}, not an object with ${Object.keys(expected).join(', ')}.`,
    );
  }
  const given = value as Record<string, unknown>;
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(expected, name)) {
      const known = Object.keys(expected).join(', ');
      throw new MmgemError(
        `${fileName}: ${path}${name} is no field of it. Remove it, or correct it to one of ${known}.`,
      );
    }
  }
  for (const [name, rule] of Object.entries(expected)) {
    if (!isRule(rule)) checkFields(given[name], rule, `${path}${name}.`, fileName);
    else if (!rule.holds(given[name])) {
      throw new MmgemError(`${fileName}: ${path}${name} is ${shown(given[name])}; it must be ${rule.needs}.`);
    }
  }
}

function isRule(rule: Rule | Fields): rule is Rule {
  return typeof rule.holds === 'function';
}

function shown(value: unknown): string {
  const text = value === undefined ? 'missing' : (JSON.stringify(value) ?? typeof value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
