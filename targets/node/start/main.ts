/** `npm start`: MM-GEM from end to end, on every backend that runs here. */
import { prepareMesa } from '../dawn/mesa.ts';

process.setSourceMapsEnabled(true);
prepareMesa();
const { start } = await import('./start.ts');
process.exitCode = await start();
