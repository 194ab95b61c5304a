/** The table of commands. */
import type { Command } from 'commander';
import { registerCaption } from './commands/caption.ts';
import { registerConvert } from './commands/convert.ts';
import { registerDemo } from './commands/demo.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerEmbed } from './commands/embed.ts';
import { registerEval } from './commands/eval.ts';
import { registerImport } from './commands/import.ts';
import { registerInit } from './commands/init.ts';
import { registerInspect } from './commands/inspect.ts';
import { registerKernels } from './commands/kernels.ts';
import { registerLocate } from './commands/locate.ts';
import { registerManifest } from './commands/manifest.ts';
import { registerSearch } from './commands/search.ts';
import { registerTrain } from './commands/train.ts';
import { registerVerify } from './commands/verify.ts';
import type { Run } from './session.ts';

/** In the order of `mmgem --help`. */
export const commands: readonly ((program: Command, run: Run) => void)[] = [
  registerDemo,
  registerDoctor,
  registerEmbed,
  registerCaption,
  registerSearch,
  registerLocate,
  registerEval,
  registerInspect,
  registerImport,
  registerInit,
  registerConvert,
  registerManifest,
  registerKernels,
  registerTrain,
  registerVerify,
];
