/** Peers are installed in a folder of their own, beside the package. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../../targets/node/package-files.ts';

const install = 'npm ci --prefix bench/peers --ignore-scripts';

/** @throws Error with what to do when the peer is not installed */
export function requirePeer<T>(name: string): { readonly module: T; readonly version: string } {
  const require = createRequire(join(packageRoot(), 'bench', 'peers', 'package.json'));
  let module: T;
  try {
    module = require(name) as T;
  } catch (error) {
    const missing = (error as { readonly code?: string }).code === 'MODULE_NOT_FOUND';
    throw missing ? new Error(`${name} is not installed. Run ${install}`, { cause: error }) : error;
  }
  const lock = require('./package-lock.json') as { readonly packages: Record<string, { readonly version: string }> };
  return { module, version: lock.packages[`node_modules/${name}`]!.version };
}
