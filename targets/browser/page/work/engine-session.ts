/** The engine's own sessions. */
import type { Sessions } from './session.ts';

export function engineSessions(_model: string): Sessions {
  throw new Error('not there yet');
}
