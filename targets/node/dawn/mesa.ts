/** For programs, not libraries: sets Mesa's software driver up through the environment, before Dawn loads it. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/**
 * Sets what the given environment does not. Call it before `openDawn`, from a program that owns its process.
 *
 * - `XDG_RUNTIME_DIR`: lavapipe prints `error: XDG_RUNTIME_DIR is invalid or not set` wherever no desktop session runs, and
 *   then works; the folder for temporary files will do.
 * - `LP_NATIVE_VECTOR_WIDTH`: lavapipe compiles every kernel to machine code when it is first run, and with vectors of 128
 *   bits in half the time of 256. That counts for more than what the kernels then take.
 */
export function prepareMesa(environment: Record<string, string | undefined> = process.env): void {
  const folder = environment.XDG_RUNTIME_DIR;
  if (!folder || !existsSync(folder)) environment.XDG_RUNTIME_DIR = tmpdir();
  environment.LP_NATIVE_VECTOR_WIDTH ||= '128';
}
