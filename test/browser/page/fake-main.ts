/** The page with a model that answers at once: `buildPage({ entry })` with this file. */
import { backendOf, startPage } from '../../../targets/browser/page/app.ts';
import { fakeSessions } from './fake-session.ts';

const backend = backendOf(location.search);
await startPage({
  sessions: fakeSessions,
  note: { title: 'No model here', text: 'This page answers without one.' },
  ...(backend && { backend }),
});
