/** What the user did or gave cannot work; the message names the thing, the place and the remedy. */
export class MmgemError extends Error {
  override readonly name = 'MmgemError';
}
