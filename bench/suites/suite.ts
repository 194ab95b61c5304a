/** What is measured: suites are tables of cases. */

import type { Engine } from '../../runtime/engine.ts';
import type { TaskName, TaskOutput } from '../browser/tasks.ts';
import type { KernelProfile } from '../profile.ts';
import type { Work } from '../work.ts';
import type { Workload } from './workload.ts';

/** Something that has been made ready and can be run again and again, in a process of its own. */
export interface Running {
  /** What runs, in words: build, threads, version. */
  readonly description: string;
  /** One run, results included. */
  run(): Promise<ArrayLike<number> | TaskOutput>;
  /** Milliseconds of a run, by a clock that is nearer to the work than that of this process: the page's. */
  sample?(): Promise<number>;
  /** What one run computes and moves. */
  readonly work?: Work;
  /** Where the time of a run goes, by kernel. */
  profile?(): Promise<readonly KernelProfile[]>;
  close(): Promise<void>;
}

export interface OwnContext {
  readonly engine: Engine;
  readonly threads: number;
  /** Called for what becomes known while the case is made ready: `4 of 22 layers`. */
  note(text: string): void;
}

interface CaseBase {
  readonly name: string;
  /** `quick`: in quick runs alone; `both`: in quick and full runs; otherwise in full runs alone. */
  readonly when?: 'quick' | 'both';
  readonly batch?: number;
  /** What one run does, for rates: 8 images. */
  readonly per?: { readonly count: number; readonly unit: string };
}

/** The same work for every contender that it is written for; results are compared before anything is timed. */
export interface WorkloadCase extends CaseBase {
  readonly kind: 'workload';
  /** Timed by npm's benchmark, which repeats short runs until the clock can tell them apart. */
  readonly micro?: true;
  /** How far results may lie apart, relative to the largest; 1e-3 unless told. */
  readonly tolerance?: number;
  workload(): Workload;
}

/** Work that only mmgem does. */
export interface OwnCase extends CaseBase {
  readonly kind: 'own';
  start(context: OwnContext): Promise<Running>;
}

/** What a loaded model is asked for, in Node and in pages of browsers alike; results are compared before anything is timed. */
export interface ModelCase extends CaseBase {
  readonly kind: 'model';
  readonly task: TaskName;
}

/** A ratio that is no matter of time: planned memory over the least possible. */
export interface FigureCase extends CaseBase {
  readonly kind: 'figure';
  readonly against: string;
  figure(context: OwnContext): Promise<Figure>;
}

/** A program of bench/ that measures by itself, in processes that it starts; it prints `figures`, in milliseconds, as JSON. */
export interface ProgramCase extends CaseBase {
  readonly kind: 'program';
  readonly program: string;
  /** The named configuration of the model, of random weights, that it is given. */
  readonly model: string;
}

export interface Figure {
  readonly ratio: number;
  readonly value: number;
  readonly bound: number;
  readonly unit: string;
}

export type Case = WorkloadCase | OwnCase | ModelCase | FigureCase | ProgramCase;

export interface Suite {
  readonly name: string;
  readonly about: string;
  readonly cases: readonly Case[];
}
