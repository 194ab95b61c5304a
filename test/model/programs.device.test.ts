// The programs on a real backend.
import { suite } from 'uvu';
import { graphEngine } from '../../model/load.ts';
import { openDevice } from './device-engine.ts';
import { registerProgramTests } from './program-tests.ts';

const { engine, tolerance } = await openDevice();
const test = suite(`programs on ${engine.info.backend}`);
await registerProgramTests(test, graphEngine(engine), tolerance);
test.after(() => engine.close());
test.run();
