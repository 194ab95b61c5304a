/** Opens a model on a backend, and another one when the user chooses so: one at a time. */

import { explain } from '../messages/explain.ts';
import { backendTitles } from '../messages/messages.ts';
import type { Library } from '../pictures/library.ts';
import { type BackendName, backendNames, type MessageAction, type PageState } from '../state/state.ts';
import type { Store } from '../state/store.ts';
import * as change from '../state/transitions.ts';
import { Conductor } from './conductor.ts';
import { Patience } from './patience.ts';
import type { ModelSession, Sessions } from './session.ts';

/** Half a minute: a software adapter takes seconds for a step. */
const usualLongWait = 30_000;
const standstill =
  'Opening the model has not moved for a while. If it stays so, reload the page: a browser now and then fails to start a thread.';

export interface LauncherParts {
  readonly store: Store<PageState>;
  readonly library: Library;
  readonly sessions: Sessions;
  readonly say: (kind: 'problem' | 'note', title: string, text: string, actions?: readonly MessageAction[]) => void;
  /** Milliseconds without progress after which the page speaks up; half a minute unless told. */
  readonly longWait?: number;
}

export class Launcher {
  readonly #parts: LauncherParts;
  #running:
    | { readonly backend: BackendName; readonly session: ModelSession; readonly conductor: Conductor }
    | undefined;
  /** Counts what was asked for; only the last one is gone on with. */
  #asked = 0;

  constructor(parts: LauncherParts) {
    this.#parts = parts;
  }

  /** Looks which backends can run here. @returns the one to begin with */
  async probe(): Promise<BackendName> {
    const { store, sessions } = this.#parts;
    const probes = await Promise.all(
      backendNames.map(async (name) => {
        const probe = await sessions.probe(name);
        store.update(change.changeBackend(name, { probe }));
        return { name, probe };
      }),
    );
    const usable = probes.filter(({ probe }) => probe.usable);
    const best = usable.find(({ probe }) => probe.usable && probe.drawback === undefined) ?? usable[0];
    return best?.name ?? 'wasm';
  }

  /** Ends what runs, and loads the model on a backend. What goes wrong is told on the page. */
  async start(backend: BackendName): Promise<void> {
    const { store, sessions, say, longWait = usualLongWait } = this.#parts;
    const number = ++this.#asked;
    const isCurrent = (): boolean => number === this.#asked;
    store.update(change.setEngine({ status: 'loading', backend, progress: { done: 0, stage: 'Beginning' } }));
    // A browser that never starts a thread gives no error: Firefox has been seen to.
    const patience = new Patience(longWait, () => isCurrent() && say('note', 'Nothing moves', standstill));
    try {
      await this.#end();
      const begin = performance.now();
      const session = await sessions.open(
        backend,
        (done, stage) => {
          patience.moved();
          if (isCurrent()) store.update(change.advance(done, stage));
        },
        (text) => say('note', 'For your information', text),
      );
      if (!isCurrent()) return void (await session.close());
      this.#begin(backend, session, performance.now() - begin);
    } catch (error) {
      if (isCurrent()) this.#fail(backend, `The model could not be loaded on ${backendTitles[backend]}`, error);
    } finally {
      patience.end();
    }
  }

  /** Does something with the session that runs, alone; undefined where none does. */
  async alone<Result>(
    work: (loaded: { readonly backend: BackendName; readonly session: ModelSession }) => Promise<Result>,
  ): Promise<Result | undefined> {
    const running = this.#running;
    return running?.conductor.alone((session) => work({ backend: running.backend, session }));
  }

  #begin(backend: BackendName, session: ModelSession, loadMilliseconds: number): void {
    const { store, library, say } = this.#parts;
    store.update(change.setModel(session.model));
    store.update(change.changeBackend(backend, { description: session.description }));
    store.update(change.measure(backend, { loadMilliseconds }));
    store.update(change.dismissEngineMessages());
    store.update(change.tryAgain());
    store.update(change.setEngine({ status: 'ready', backend }));
    const onProblem = (title: string, error: unknown): void => say('problem', title, explain(error));
    const conductor = new Conductor({ store, library, session, backend, onProblem });
    this.#running = { backend, session, conductor };
    void session.lost.then((reason) => {
      if (this.#running?.session !== session) return;
      this.#running = undefined;
      void conductor.stop();
      this.#fail(backend, `${backendTitles[backend]} stopped`, new Error(reason));
    });
  }

  #fail(backend: BackendName, title: string, error: unknown): void {
    const { store, say } = this.#parts;
    store.update(change.setEngine({ status: 'failed', backend }));
    const others = backendNames.filter((name) => {
      const { probe } = store.state.backends[name];
      return name !== backend && probe !== 'unknown' && probe.usable;
    });
    say('problem', title, explain(error), [
      { name: 'retry', backend },
      ...others.map((other): MessageAction => ({ name: 'use', backend: other })),
    ]);
  }

  async #end(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.conductor.stop();
    await running?.session.close();
  }
}
