/** All suites, in the order in which they are measured. */
import { browserSuite } from './browser.ts';
import { captionSuite } from './caption.ts';
import { coldStartSuite } from './cold-start.ts';
import { kernelSuite } from './kernels.ts';
import { llamaSuite } from './llama.ts';
import { memorySuite } from './memory.ts';
import type { Case, Suite } from './suite.ts';
import { trainingSuite } from './training.ts';
import { vitSuite } from './vit.ts';

export const suites: readonly Suite[] = [
  kernelSuite,
  vitSuite,
  llamaSuite,
  captionSuite,
  trainingSuite,
  coldStartSuite,
  memorySuite,
  browserSuite,
];

export function suiteNamed(name: string): Suite {
  const found = suites.find((suite) => suite.name === name);
  if (found === undefined)
    throw new Error(`there is no suite ${name}; there are ${suites.map((suite) => suite.name).join(', ')}`);
  return found;
}

export function caseNamed(suite: string, name: string): Case {
  const found = suiteNamed(suite).cases.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`suite ${suite} has no case ${name}`);
  return found;
}
