/** mmgem for Deno: not there yet. */
import { MmgemError } from '../../dsl/errors.ts';

export { MmgemError, ShapeError } from '../../dsl/errors.ts';

/** @throws MmgemError always: this version has no backend for Deno. */
export async function open(): Promise<never> {
  throw new MmgemError('this version of mmgem has no backend for Deno; run it in Node 20.19 or later');
}

/** @throws MmgemError always, as `open` does. */
export async function load(): Promise<never> {
  return open();
}
