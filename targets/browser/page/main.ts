/** The page's first module: its own model in a worker. */
import { backendOf, startPage } from './app.ts';
import { readPageFile } from './page-file.ts';
import { engineSessions } from './work/engine-session.ts';

const { model, trained, kernels } = await readPageFile();
const asked = new URLSearchParams(location.search).get('model');
const backend = backendOf(location.search);
await startPage({
  sessions: engineSessions(asked ?? model, kernels),
  ...(!trained && asked === null && { note: untrainedNote() }),
  ...(backend && { backend }),
});

function untrainedNote() {
  return {
    title: 'This model is untrained',
    text:
      'Its weights are random, so what it says, finds and points at means nothing. Everything else here is real: the page shows how it ' +
      'works and how fast. Train it as model/README.md says, or build the page with --model.',
  };
}
