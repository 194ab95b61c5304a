/** The programs of a model directory, for kernels that are compiled ahead. */
import type { Graph } from '../../../dsl/index.ts';
import { defaultGraphs } from '../../../model/ahead.ts';
import { parseConfig } from '../../../model/config.ts';
import { readJson } from '../../../model/files/source.ts';
import { modelTokenizer } from '../../../model/load.ts';
import { directoryStore } from '../files.ts';

/** Those of a model that is asked with default options. Its weights are not read. @throws MmgemError naming file, field and remedy */
export async function graphsOf(model: string): Promise<readonly Graph[]> {
  const store = directoryStore(model);
  const config = parseConfig(await readJson(store, 'config.json'), `${model}/config.json`);
  const tokenizer = (await store.exists('tokenizer.json'))
    ? modelTokenizer(config, await store.readText('tokenizer.json'), `${model}/tokenizer.json`)
    : undefined;
  return defaultGraphs(config, tokenizer);
}
