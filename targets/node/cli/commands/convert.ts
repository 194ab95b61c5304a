/** `mmgem convert`: a model directory with its weights in another element type. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { convertModel } from '../../../../model/files/convert.ts';
import { directoryStore, openFile, outputDirectory } from '../../files.ts';
import { choice } from '../options.ts';
import type { Answer, Run, Session } from '../session.ts';
import { formatBytes } from '../table.ts';

interface ConvertOptions {
  readonly dtype: 'F32' | 'F16' | 'BF16';
  readonly out: string;
}

export function registerConvert(program: Command, run: Run): void {
  program
    .command('convert')
    .argument('<model>', 'a model directory, or a checkpoint of a training run')
    .description('copy a model with its weights in another type: F16 and BF16 take half of the space')
    .addOption(choice('--dtype <type>', 'of the weights on disk', ['F32', 'F16', 'BF16']).makeOptionMandatory())
    .requiredOption('--out <folder>', 'the new model directory; it must not exist yet')
    .action(run.action(convert));
}

async function convert({ progress }: Session, model: string, { dtype, out }: ConvertOptions): Promise<Answer> {
  await convertModel({
    model: directoryStore(model),
    out: outputDirectory(out),
    dtype,
    onProgress: (written, total) => progress.report(`writing ${out}`, written, total),
  });
  const { size, close } = await openFile(join(out, 'model.safetensors'));
  await close?.();
  return { json: { model, out, dtype, bytes: size }, text: `${out}: ${dtype}, ${formatBytes(size)}` };
}
