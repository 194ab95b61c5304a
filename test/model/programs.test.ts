// The programs in float64.
import { suite } from 'uvu';
import { interpreterEngine } from './interpreter-engine.ts';
import { registerProgramTests } from './program-tests.ts';

const test = suite('programs in float64');
await registerProgramTests(test, interpreterEngine(), 1e-6, ['tiny', 'odd']);
test.run();
