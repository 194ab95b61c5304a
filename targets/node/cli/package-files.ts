/** Files that come with the package, wherever it is installed. */
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { FileStore } from '../../../model/files/source.ts';
import { directoryStore } from '../files.ts';

/** The folder that holds the package's package.json. */
export function packageRoot(): string {
  return dirname(createRequire(import.meta.url).resolve('mmgem/package.json'));
}

export function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('mmgem/package.json') as { readonly version: string };
  return version;
}

/** Tokenizers of the package by their names. */
const packagedTokenizers: Readonly<Record<string, string>> = { 'english-4k': 'model/tokenizers/english-4k.json' };
/** The tokenizers that named configurations were made for. */
const tokenizersOfConfigs: Readonly<Record<string, string>> = { nano: 'english-4k', mini: 'english-4k' };

/** The tokenizer that belongs to a named configuration, as a folder with a tokenizer.json; undefined where there is none. */
export function packagedTokenizer(config: string): FileStore | undefined {
  const name = Object.hasOwn(tokenizersOfConfigs, config) ? tokenizersOfConfigs[config] : undefined;
  return name === undefined ? undefined : packagedTokenizerNamed(name);
}

/** A tokenizer of the package by its name, as a folder with a tokenizer.json; undefined where there is none such. */
export function packagedTokenizerNamed(name: string): FileStore | undefined {
  const path = Object.hasOwn(packagedTokenizers, name) ? packagedTokenizers[name] : undefined;
  if (path === undefined) return undefined;
  const file = join(packageRoot(), path);
  const folder = directoryStore(dirname(file));
  const inside = (name: string): string => (name === 'tokenizer.json' ? basename(file) : name);
  return {
    name: file,
    open: (name) => folder.open(inside(name)),
    exists: (name) => folder.exists(inside(name)),
    list: async () => ['tokenizer.json'],
    readText: (name) => folder.readText(inside(name)),
  };
}
