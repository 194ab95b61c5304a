/** Programs of bench/ that measure by themselves. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { initModel } from '../../model/files/init.ts';
import { outputDirectory } from '../../targets/node/files.ts';
import { packagedTokenizer } from '../../targets/node/package-files.ts';
import type { CaseResult } from '../result.ts';
import type { ProgramCase } from '../suites/suite.ts';
import type { ProcessOptions } from './contender-handle.ts';

/** Runs the program on a model of random weights, in a folder that is removed again. */
export async function runProgram(
  { program, model }: ProgramCase,
  threads: number,
  { node = process.execPath }: ProcessOptions,
): Promise<Pick<CaseResult, 'milliseconds' | 'absent'>> {
  const script = fileURLToPath(new URL(`../${program}.js`, import.meta.url));
  if (!existsSync(script)) return { absent: `bench/${program}.ts is not there` };
  const folder = await mkdtemp(join(tmpdir(), 'mmgem-bench-'));
  const directory = join(folder, 'model');
  try {
    await initModel({
      config: model,
      seed: 1,
      out: outputDirectory(directory),
      tokenizer: packagedTokenizer(model),
    });
    const args = [script, directory, '--json', '--threads', String(threads), '--runs', '7'];
    const { stdout } = await promisify(execFile)(node, args, { maxBuffer: 1 << 26 });
    return { milliseconds: (JSON.parse(stdout) as { readonly figures: Record<string, number> }).figures };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
