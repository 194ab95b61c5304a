import { targetNames } from './backends.ts';

/**
 * Whether a test target must be there: `MMGEM_REQUIRE` holds `all` or target names separated by commas.
 * Throws when it holds a name that is no test target.
 */
export function isRequired(target: string, requirement: string = process.env.MMGEM_REQUIRE ?? ''): boolean {
  const names = requirement.split(',').flatMap((name) => name.trim() || []);
  const unknown = names.filter((name) => name !== 'all' && !targetNames.includes(name));
  if (unknown.length > 0) {
    throw new Error(`MMGEM_REQUIRE names ${unknown.join(', ')}; it may hold all, ${targetNames.join(', ')}.`);
  }
  return names.includes('all') || names.includes(target);
}
