/** What the program that measures and the processes that run contenders say to each other: one answer to each request. */
import type { KernelProfile } from '../profile.ts';
import type { Figure } from '../suites/suite.ts';
import type { Work } from '../work.ts';

/** Which case a process is to make ready, for whom. */
export interface Assignment {
  readonly suite: string;
  readonly case: string;
  readonly contender: string;
  readonly threads: number;
  /** What `makeSiteFolder` made, for cases of models. */
  readonly site?: string;
}

export interface Started {
  readonly description: string;
  readonly notes: readonly string[];
  readonly work?: Work;
  /** The result of the first run. */
  readonly output: Float32Array | string;
}

export interface Environment {
  readonly node: string;
  readonly v8: string;
}

/** Requests with what answers them. */
export interface Protocol {
  environment: { readonly request: object; readonly answer: Environment };
  /** Opens a backend and closes it again; see `Contender.probe`. */
  probe: { readonly request: { readonly contender: string }; readonly answer: string | undefined };
  start: { readonly request: Assignment; readonly answer: Started };
  figure: { readonly request: Assignment; readonly answer: Figure };
  /** Runs for so many milliseconds, at least once; answers with the milliseconds of the first of these runs. */
  warmUp: { readonly request: { readonly milliseconds: number }; readonly answer: number };
  /** Milliseconds of a run, or of several short ones in so many seconds. */
  sample: { readonly request: { readonly seconds: number }; readonly answer: readonly number[] };
  profile: { readonly request: object; readonly answer: readonly KernelProfile[] | undefined };
  close: { readonly request: object; readonly answer: undefined };
}

export type RequestKind = keyof Protocol;
export type Request = { [K in RequestKind]: { readonly kind: K } & Protocol[K]['request'] }[RequestKind];
export type Answer = { readonly value: unknown } | { readonly error: string };
