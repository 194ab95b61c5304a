/** What a page and its worker say to each other. */
import type { Ready } from '../ready.ts';

/** One end of the connection: a worker, the worker's own scope, or a port of a MessageChannel. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

/** An object of the worker's that can be called: 0 is the service that opens and loads, the others are models. */
export type TargetId = number;

/** How a request is answered: once, or piece by piece. */
export type AnswerKind = 'value' | 'stream';

export type ToWorker =
  | {
      readonly kind: 'call';
      readonly request: number;
      readonly target: TargetId;
      readonly method: string;
      /** Without functions and signals: a `Stand` is in their place. */
      readonly args: readonly unknown[];
    }
  /** The caller does not want the answer any more. */
  | { readonly kind: 'cancel'; readonly request: number };

export type FromWorker =
  /** The worker has loaded its code. It holds the lock as long as it lives; there are no locks outside of secure contexts. */
  | (Ready & { readonly lock?: string })
  | { readonly kind: 'answer'; readonly request: number; readonly value: unknown; readonly state: unknown }
  | { readonly kind: 'refusal'; readonly request: number; readonly error: SentError; readonly state: unknown }
  /** One piece of a stream; `answer` follows the last. */
  | { readonly kind: 'piece'; readonly request: number; readonly piece: unknown }
  /** A function that was among the arguments is called; what it returns is not told. */
  | {
      readonly kind: 'callback';
      readonly request: number;
      readonly callback: number;
      readonly args: readonly unknown[];
    };

/** An error without its class, see errors.ts. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: SentError;
  /** Of a BackendError. */
  readonly reason?: string;
  readonly remedy?: string;
}

/** Stands for what cannot be sent. */
export type Stand = { readonly stand: 'callback'; readonly callback: number } | { readonly stand: 'signal' };
