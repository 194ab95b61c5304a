/** From nothing to the first embedding, in fresh processes: what bench/cold-start.ts measures, where it is there. */
import type { ProgramCase, Suite } from './suite.ts';

const cases: readonly ProgramCase[] = [
  { kind: 'program', name: 'nano', program: 'cold-start', model: 'nano', when: 'both' },
];

export const coldStartSuite: Suite = {
  name: 'cold-start',
  about: 'Fresh processes: milliseconds from opening the engine to the first weight, embedding and text',
  cases,
};
