/** An error meant for the user's eyes: it names the thing, the place and the remedy. */
export class MmgemError extends Error {
  override name = 'MmgemError';
}

/** Shapes that do not fit. The message names the operator, every shape with names and sizes, and the caller's line. */
export class ShapeError extends MmgemError {
  override name = 'ShapeError';
}
