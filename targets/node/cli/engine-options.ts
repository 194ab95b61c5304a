/** The options that choose and set up a backend, on every command that runs one. */
import type { Command } from 'commander';
import type { BackendOptions } from '../../../runtime/backend.ts';
import { choice, wholeNumber } from './options.ts';

export interface EngineOptions {
  readonly backend: string;
  readonly threads?: number;
  readonly simd?: 'baseline' | 'relaxed' | 'wide';
  readonly wide?: 'auto' | 'on' | 'off';
}

export function addEngineOptions(command: Command): Command {
  return command
    .option('--backend <name>', 'auto, or a backend that mmgem doctor lists', 'auto')
    .option(
      '--threads <number>',
      'worker threads of the wasm backend; as many as run at one time unless told',
      wholeNumber(1),
    )
    .addOption(
      choice('--simd <build>', 'SIMD build of the wasm backend; the best that runs here unless told', [
        'baseline',
        'relaxed',
        'wide',
      ]),
    )
    .addOption(choice('--wide <when>', '256-bit SIMD of the wasm backend', ['auto', 'on', 'off']));
}

/** What of the options concerns the backend itself. */
export function backendOptions({ threads, simd, wide }: EngineOptions): BackendOptions {
  return {
    ...(threads !== undefined && { threads }),
    ...(simd !== undefined && { simd }),
    ...(wide !== undefined && { wide }),
  };
}
