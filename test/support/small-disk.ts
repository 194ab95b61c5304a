import { execFileSync } from 'node:child_process';

/** Mounts a file system of `size` bytes on a folder; unmount it in the end. Returns why there cannot be one here. */
export function mountSmallDisk(path: string, size: number): string | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return String(error).split('\n')[0];
  }
}
