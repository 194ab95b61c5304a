/** What a machine and its software are, as far as times depend on them. */
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { packageVersion } from '../targets/node/package-files.ts';
import type { Environment } from './process/messages.ts';

export interface MachineDescription {
  readonly processor: string;
  /** Processors that this process may use. */
  readonly cores: number;
  readonly memory: number;
  readonly system: string;
  /** Of the Node that runs the contenders. */
  readonly node: string;
  readonly v8: string;
  readonly mmgem: string;
}

export function describeMachine({ node, v8 }: Environment): MachineDescription {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: totalmem(),
    system: `${platform()} ${arch()} ${release()}`,
    node,
    v8,
    mmgem: packageVersion(),
  };
}
