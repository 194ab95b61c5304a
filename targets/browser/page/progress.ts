/** The one bar for everything that takes a while: loading a model, comparing two backends. */
import type { Announce } from './announce.ts';
import { byId, setText } from './dom.ts';
import { backendTitles } from './messages/messages.ts';
import type { EngineState, PageState, Progress } from './state/state.ts';
import type { Store } from './state/store.ts';

export function bindProgress(store: Store<PageState>, announce: Announce): void {
  const box = byId('loading', HTMLDivElement);
  const bar = byId('progress', HTMLProgressElement);
  const stage = byId('progress-stage', HTMLParagraphElement);
  store.watch(
    ({ engine }) => engine.status,
    (status) => {
      document.body.dataset.engine = status;
    },
  );
  store.watch(
    ({ engine }) => spoken(engine),
    (text) => text !== undefined && announce(text),
  );
  store.watch(currentProgress, (progress, { engine }) => {
    box.hidden = progress === undefined;
    bar.setAttribute('aria-label', engine.status === 'ready' ? 'Comparing the backends' : 'Loading the model');
    if (progress === undefined) return;
    bar.value = progress.done;
    bar.setAttribute('aria-valuetext', `${Math.round(100 * progress.done)} %, ${progress.stage}`);
    setText(stage, progress.stage);
  });
}

/** Where the bar is not seen: when loading begins and ends. That it failed is told as a message. */
function spoken(engine: EngineState): string | undefined {
  if (engine.status === 'loading') return `Loading the model on ${backendTitles[engine.backend]}`;
  return engine.status === 'ready' ? `The model is ready on ${backendTitles[engine.backend]}` : undefined;
}

function currentProgress({ engine, comparison }: PageState): Progress | undefined {
  if (engine.status === 'looking') return { done: 0, stage: 'Looking for backends' };
  if (engine.status === 'loading') return engine.progress;
  return comparison.status === 'running' ? comparison.progress : undefined;
}
