/** `npm start`: MM-GEM from end to end, on every backend that runs here. */
import { quietenMesa } from '../dawn/quiet.ts';

process.setSourceMapsEnabled(true);
quietenMesa();
const { start } = await import('./start.ts');
process.exitCode = await start();
