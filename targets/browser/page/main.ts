/** The page's first module: its own model in a worker. */
import { ownImagesNote } from '../../../model/page/notes.ts';
import { backendOf, type PageOptions, startPage } from './app.ts';
import { keepPage } from './offline/register.ts';
import { type PageFile, readPageFile } from './page-file.ts';
import { engineSessions } from './work/engine-session.ts';

const { model, origin } = await readPageFile();
const asked = new URLSearchParams(location.search).get('model');
const backend = backendOf(location.search);
await startPage({
  sessions: engineSessions(asked ?? model),
  ...(asked === null && notesOn(origin)),
  ...(backend && { backend }),
});
// Last, so that what the visitor waits for has the network to itself.
await keepPage();

function notesOn(which: PageFile['origin']): Pick<PageOptions, 'note' | 'ownImagesNote'> {
  if (which === 'packaged') return { ownImagesNote: ownImagesNote('nano') };
  if (which === 'named') return {};
  return {
    note: {
      title: 'This model is untrained',
      text:
        'Its weights are random, so what it says, finds and points at means nothing. Everything else here is real: the page shows how it ' +
        'works and how fast. Train it as model/README.md says, or build the page with --model.',
    },
  };
}
