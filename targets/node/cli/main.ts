#!/usr/bin/env node
/** The program `mmgem`: what concerns the whole process, then the command line. */
import { prepareMesa } from '../dawn/mesa.ts';

// Before any other module is loaded: only then errors and graphs name lines of the sources.
process.setSourceMapsEnabled(true);
prepareMesa();
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read the output has seen enough, as `mmgem … | head` does.
  if (error.code === 'EPIPE') process.exit();
  throw error;
});
const { run } = await import('./run.ts');
process.exitCode = await run(process.argv.slice(2));
