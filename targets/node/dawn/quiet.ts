/** For programs, not libraries: keeps Mesa's software driver from complaining about the environment. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/**
 * lavapipe prints `error: XDG_RUNTIME_DIR is invalid or not set` wherever no desktop session runs, and then works. This
 * points the variable of the given environment at the folder for temporary files, where it names none. Call it before
 * `openDawn`, from a program that owns its process.
 */
export function quietenMesa(environment: Record<string, string | undefined> = process.env): void {
  const folder = environment.XDG_RUNTIME_DIR;
  if (!folder || !existsSync(folder)) environment.XDG_RUNTIME_DIR = tmpdir();
}
