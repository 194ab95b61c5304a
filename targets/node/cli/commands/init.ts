/** `mmgem init`: a model directory with random weights. */
import type { Command } from 'commander';
import { namedConfigs } from '../../../../model/configs.ts';
import { initModel } from '../../../../model/files/init.ts';
import { parameterCount } from '../../../../model/parameters.ts';
import { directoryStore, outputDirectory } from '../../files.ts';
import { packagedTokenizer } from '../../package-files.ts';
import { choice, wholeNumber } from '../options.ts';
import type { Answer, Run, Session } from '../session.ts';

interface InitOptions {
  readonly config: string;
  readonly seed: number;
  readonly out: string;
  readonly tokenizer?: string;
  readonly dtype?: 'F32' | 'F16' | 'BF16';
}

export function registerInit(program: Command, run: Run): void {
  program
    .command('init')
    .description('make a model directory with random weights')
    .requiredOption('--config <name>', `one of ${Object.keys(namedConfigs).join(', ')}`)
    .requiredOption('--out <folder>', 'the model directory; it must not exist yet')
    .option('--seed <number>', 'the same seed gives the same weights everywhere', wholeNumber(), 0)
    .option(
      '--tokenizer <folder>',
      "folder with the tokenizer.json to copy in (for nano: the package's own unless told)",
    )
    .addOption(choice('--dtype <type>', 'of the weights on disk: F32 unless told', ['F32', 'F16', 'BF16']))
    .action(run.action(init));
}

async function init({ progress }: Session, options: InitOptions): Promise<Answer> {
  const { config: name, seed, out, dtype } = options;
  const tokenizer = options.tokenizer === undefined ? packagedTokenizer(name) : directoryStore(options.tokenizer);
  const config = await initModel({
    config: name,
    seed,
    out: outputDirectory(out),
    tokenizer,
    dtype,
    onProgress: (written, total) => progress.report(`writing ${out}`, written, total),
  });
  const parameters = parameterCount(config);
  const texts = tokenizer === undefined ? 'without a tokenizer it reads no texts' : `tokenizer of ${tokenizer.name}`;
  return {
    json: { out, config: name, seed, parameters, tokenizer: tokenizer?.name ?? null },
    text: `${out}: ${name} with ${(parameters / 1e6).toFixed(1)} M random parameters (seed ${seed}), ${texts}`,
  };
}
