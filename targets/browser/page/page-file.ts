/** What the build wrote down for the page: `page.json` beside it. */
import type { KernelKeys } from './work/kernel-files.ts';

export interface PageFile {
  /** URL of the model directory, relative to the page. */
  readonly model: string;
  /** The model that comes with the package, a random one in its place, or one that was named for the build. */
  readonly origin: 'packaged' | 'random' | 'named';
  /** Kernels that lie compiled in `kernels/`. */
  readonly kernels: KernelKeys;
}

/** Where the model lies unless the file says otherwise, or cannot be read: that it cannot will show when the model is loaded. */
const usual: PageFile = { model: 'models/nano/', origin: 'named', kernels: {} };

export async function readPageFile(): Promise<PageFile> {
  try {
    const response = await fetch('page.json');
    return response.ok ? { ...usual, ...((await response.json()) as Partial<PageFile>) } : usual;
  } catch {
    return usual;
  }
}
