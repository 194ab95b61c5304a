/** The one bar for everything that takes a while: loading a model, comparing two backends. */
import { byId, setText } from './dom.ts';
import type { PageState, Progress } from './state/state.ts';
import type { Store } from './state/store.ts';

export function bindProgress(store: Store<PageState>): void {
  const box = byId('loading', HTMLDivElement);
  const bar = byId('progress', HTMLProgressElement);
  const stage = byId('progress-stage', HTMLParagraphElement);
  store.watch(currentProgress, (progress) => {
    box.hidden = progress === undefined;
    document.body.toggleAttribute('aria-busy', progress !== undefined);
    if (progress === undefined) return;
    bar.value = progress.done;
    bar.setAttribute('aria-valuetext', `${Math.round(100 * progress.done)} %, ${progress.stage}`);
    setText(stage, progress.stage);
  });
}

function currentProgress({ engine, comparison }: PageState): Progress | undefined {
  if (engine.status === 'loading') return engine.progress;
  return comparison.status === 'running' ? comparison.progress : undefined;
}
