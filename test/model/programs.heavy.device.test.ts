// The programs on a real backend. `odd` alone, whose sizes are no multiple of anything; the beam search is tried on `tiny`.
import { suite } from 'uvu';
import { graphEngine } from '../../model/load.ts';
import { openDevice } from './device-engine.ts';
import { registerProgramTests } from './program-tests.ts';

const { engine, tolerance } = await openDevice();
const test = suite(`programs on ${engine.info.backend}`);
await registerProgramTests(test, graphEngine(engine), tolerance, ['odd']);
test.after(() => engine.close());
test.run();
