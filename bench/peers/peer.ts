/** What a peer is: something that runs a workload in a language of its own. */
import type { Running } from '../suites/suite.ts';
import type { Workload } from '../suites/workload.ts';

export interface Peer {
  readonly name: string;
  /** Whether it runs a workload: whether that is written for it. */
  speaks(workload: Workload): boolean;
  /** Whether it can be told how many threads to use. */
  readonly threads: 'heeded' | 'one';
  /** Makes a workload ready: weights in place, everything compiled. @throws Error where the peer is not installed */
  start(workload: Workload, threads: number): Promise<Running>;
}
