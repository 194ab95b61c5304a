// The configuration of a run as a file, with settings on the command line before it.
import { basename, dirname, resolve } from 'node:path';
import { MmgemError } from '../../../model/errors.ts';
import { readJson } from '../../../model/files/source.ts';
import { parseRunConfig, type RunConfig } from '../../../model/train/run-config.ts';
import { directoryStore } from '../files.ts';

export interface ConfigFile {
  readonly path: string;
  readonly config: RunConfig;
  /** Where relative paths of the configuration begin: its folder. */
  readonly folder: string;
  /** A path of the configuration as a path of this process. */
  at(path: string): string;
}

/** A value for a field, by the path of its names: `optimizer.rate`. */
export interface Setting {
  readonly field: string;
  readonly value: unknown;
}

/**
 * Reads, completes and checks a configuration.
 * @throws MmgemError naming file, field and remedy
 */
export async function readConfigFile(path: string, settings: readonly Setting[] = []): Promise<ConfigFile> {
  const folder = dirname(path);
  const json = await readJson(directoryStore(folder), basename(path));
  const set = settings.reduce((whole, { field, value }) => withField(whole, field.split('.'), value, field), json);
  return { path, config: parseRunConfig(set, path), folder, at: (inside) => resolve(folder, inside) };
}

/** The JSON with one value put in; objects on the way to it are made where there are none. */
function withField(json: unknown, [name, ...rest]: readonly string[], value: unknown, field: string): unknown {
  if (name === undefined) return value;
  const given = json ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new MmgemError(`--set ${field}: ${name} would lie in ${JSON.stringify(json)}, which has no fields.`);
  }
  const before = (given as Readonly<Record<string, unknown>>)[name];
  return { ...given, [name]: withField(before, rest, value, field) };
}
