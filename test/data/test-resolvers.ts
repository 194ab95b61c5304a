// Kinds of images that the tests of threads bring: drawn from a seed, and some that go wrong.
import { setTimeout as wait } from 'node:timers/promises';
import type { ImageResolvers } from '../../model/data/prepare.ts';
import { MmgemError } from '../../model/errors.ts';
import { noise } from './noise.ts';

export const imageResolvers: ImageResolvers = {
  noise: ({ seed }) => noise(seed as number),
  /** Later ones come sooner. */
  slow: async ({ seed }) => {
    await wait(20 - ((seed as number) % 20));
    return noise(seed as number);
  },
  unusable: ({ seed }) => {
    throw new MmgemError(`noise ${seed}: cannot be drawn. Draw another.`);
  },
  bug: () => {
    throw new TypeError('x is not a function');
  },
  exit: () => process.exit(3),
  never: () => new Promise(() => undefined),
};
