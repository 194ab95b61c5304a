/** Errors on their way from the worker to the page: the class is looked up by its name. */
import { MmgemError, ShapeError } from '../../../dsl/errors.ts';
import { BackendError } from '../../../runtime/backend.ts';
import type { SentError } from './messages.ts';

export function sendError(error: unknown): SentError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack, cause } = error;
  return {
    name,
    message,
    ...(stack !== undefined && { stack }),
    ...(cause instanceof Error && { cause: sendError(cause) }),
    ...(error instanceof BackendError && { reason: error.reason, remedy: error.remedy }),
  };
}

const classes: Readonly<Record<string, (sent: SentError, options: ErrorOptions) => Error>> = {
  MmgemError: ({ message }, options) => new MmgemError(message, options),
  ShapeError: ({ message }, options) => new ShapeError(message, options),
  BackendError: ({ reason = '', remedy = '' }, options) => new BackendError(reason, remedy, options),
  RangeError: ({ message }, options) => new RangeError(message, options),
  TypeError: ({ message }, options) => new TypeError(message, options),
};

/** The error again, of its class where that is one of ours, with the worker's stack. */
export function receiveError(sent: SentError): Error {
  const options = sent.cause ? { cause: receiveError(sent.cause) } : {};
  const make = Object.hasOwn(classes, sent.name) ? classes[sent.name] : undefined;
  const error = make?.(sent, options) ?? Object.assign(new Error(sent.message, options), { name: sent.name });
  if (sent.stack !== undefined) error.stack = sent.stack;
  return error;
}
