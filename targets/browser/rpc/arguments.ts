/** Arguments on their way to the worker: functions and signals stay behind, others stand for them; and what moves instead of being copied. */
import type { Stand } from './messages.ts';

type Callback = (...args: readonly unknown[]) => unknown;

export interface Packed {
  readonly args: readonly unknown[];
  /** By the number that stands for each. */
  readonly callbacks: readonly Callback[];
  readonly signals: readonly AbortSignal[];
}

/** Takes functions and signals out of arguments and of option objects among them. */
export function packArguments(args: readonly unknown[]): Packed {
  const callbacks: Callback[] = [];
  const signals: AbortSignal[] = [];
  const pack = (value: unknown): unknown => {
    if (typeof value === 'function')
      return { stand: 'callback', callback: callbacks.push(value as Callback) - 1 } satisfies Stand;
    if (value instanceof AbortSignal) {
      signals.push(value);
      return { stand: 'signal' } satisfies Stand;
    }
    return value;
  };
  const packed = args.map((arg) => (isPlainObject(arg) ? mapValues(arg, pack) : pack(arg)));
  return { args: packed, callbacks, signals };
}

/** Puts functions and a signal in the places that were kept for them. */
export function unpackArguments(
  args: readonly unknown[],
  call: (callback: number, args: readonly unknown[]) => void,
  signal: AbortSignal,
): unknown[] {
  const unpack = (value: unknown): unknown => {
    if (!isStand(value)) return value;
    return value.stand === 'signal' ? signal : (...given: readonly unknown[]) => call(value.callback, given);
  };
  return args.map((arg) => (isPlainObject(arg) && !isStand(arg) ? mapValues(arg, unpack) : unpack(arg)));
}

/** The buffers of results that consist of nothing else than one array each: they move to the page. */
export function movable(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const visit = (inner: unknown): void => {
    if (ArrayBuffer.isView(inner)) {
      const { buffer, byteLength } = inner;
      if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) found.add(buffer);
    } else if (Array.isArray(inner)) inner.forEach(visit);
    else if (isPlainObject(inner)) Object.values(inner).forEach(visit);
  };
  visit(value);
  return [...found];
}

function isStand(value: unknown): value is Stand {
  return isPlainObject(value) && (value.stand === 'callback' || value.stand === 'signal');
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function mapValues(object: Record<string, unknown>, map: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
