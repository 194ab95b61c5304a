// What a report says about the machine that a run was on.
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { formatBytes } from '../../../runtime/webgpu/format.ts';
import { packageVersion } from '../package-files.ts';

export function environment(): Readonly<Record<string, string>> {
  const model = cpus()[0]?.model.trim() || 'unknown';
  return {
    processor: `${model}, ${availableParallelism()} at one time`,
    memory: formatBytes(totalmem()),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    mmgem: packageVersion(),
  };
}
