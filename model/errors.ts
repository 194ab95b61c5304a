/** What the user did or gave cannot work; the message names the thing, the place and the remedy. */
export { MmgemError } from '../dsl/errors.ts';
