import { browserNames } from '../browser/support/browsers.ts';
import { targetNames } from './backends.ts';

const requirable: readonly string[] = [...targetNames, ...browserNames];

/**
 * Whether a test target or a browser must be there: `MMGEM_REQUIRE` holds `all` or such names separated by commas.
 * Throws when it holds another name.
 */
export function isRequired(target: string, requirement: string = process.env.MMGEM_REQUIRE ?? ''): boolean {
  const names = requirement.split(',').flatMap((name) => name.trim() || []);
  const unknown = names.filter((name) => name !== 'all' && !requirable.includes(name));
  if (unknown.length > 0) {
    throw new Error(`MMGEM_REQUIRE names ${unknown.join(', ')}; it may hold all, ${requirable.join(', ')}.`);
  }
  return names.includes('all') || names.includes(target);
}
