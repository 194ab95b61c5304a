/** Lets a model do what the state asks for, one task after the other, and writes down what comes of it. */

import type { RgbImage } from '../../../../model/preprocess/image.ts';
import { explain } from '../messages/explain.ts';
import type { Library } from '../pictures/library.ts';
import { pictureOf, soughtText } from '../state/select.ts';
import type { BackendName, PageState, PictureId } from '../state/state.ts';
import type { Store } from '../state/store.ts';
import * as change from '../state/transitions.ts';
import type { ModelSession, Part } from './session.ts';
import { shapeToPart } from './shape-to-part.ts';
import { isOvertaken, type NextTask, nextTask, type Task } from './tasks.ts';

export interface ConductorParts {
  readonly store: Store<PageState>;
  readonly library: Library;
  readonly session: ModelSession;
  readonly backend: BackendName;
  /** Told of what went wrong with one task; the others go on. */
  readonly onProblem: (title: string, error: unknown) => void;
}

/** How often memory is asked for, at most. */
const memoryInterval = 2000;

export class Conductor {
  readonly #parts: ConductorParts;
  readonly #unwatch: () => void;
  #running: { readonly next: NextTask; readonly abort: AbortController } | undefined;
  #working = false;
  #held = false;
  #finished: Promise<void> = Promise.resolve();
  #stopped = false;
  #memoryAsked = Number.NEGATIVE_INFINITY;

  constructor(parts: ConductorParts) {
    this.#parts = parts;
    this.#unwatch = parts.store.watch(
      (state) => state,
      () => this.#wake(),
    );
  }

  /** Ends what is running, and waits for it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unwatch();
    this.#running?.abort.abort();
    await this.#finished;
  }

  /** Does something with the session while nothing else uses it, so that times are its own. */
  async alone<Result>(work: (session: ModelSession) => Promise<Result>): Promise<Result> {
    this.#held = true;
    try {
      await this.#finished;
      return await work(this.#parts.session);
    } finally {
      this.#held = false;
      this.#wake();
    }
  }

  #wake(): void {
    if (this.#stopped || this.#held) return;
    if (!this.#working) this.#finished = this.#work();
    else if (this.#running && this.#isObsolete(this.#running.next)) this.#running.abort.abort();
  }

  /** A caption can be broken off: for something more urgent, or because its picture or region is gone. */
  #isObsolete(next: NextTask): boolean {
    const { task } = next;
    if (task.kind !== 'caption') return false;
    if (isOvertaken(next, this.#parts.store.state)) return true;
    const picture = pictureOf(this.#parts.store.state, task.picture);
    if (picture === undefined) return true;
    const said =
      task.region === undefined ? picture.caption : picture.regions.find(({ id }) => id === task.region)?.said;
    return said === undefined || said.status === 'waiting';
  }

  async #work(): Promise<void> {
    this.#working = true;
    // A state may change many times in a row, and is looked at when it has come to rest.
    await Promise.resolve();
    for (let next = nextTask(this.#parts.store.state); next !== undefined && !this.#stopped && !this.#held; ) {
      const abort = new AbortController();
      this.#running = { next, abort };
      await this.#perform(next.task, abort.signal);
      await this.#measureMemory();
      this.#running = undefined;
      next = nextTask(this.#parts.store.state);
    }
    this.#working = false;
  }

  async #perform(task: Task, signal: AbortSignal): Promise<void> {
    try {
      if (task.kind === 'embed text') await this.#embedText(task.text);
      else if (task.kind === 'locate') await this.#locate(task.picture, task.text);
      else if (task.kind === 'embed image') await this.#embedImage(task.picture);
      else await this.#caption(task.picture, task.region, signal);
    } catch (error) {
      if (this.#stopped) return;
      this.#writeOff(task, error);
    }
  }

  async #embedText(text: string): Promise<void> {
    const embedding = await this.#parts.session.embedText(text);
    this.#parts.store.update(change.setQueryEmbedding(text, embedding));
  }

  async #locate(picture: PictureId, text: string): Promise<void> {
    const { session, store } = this.#parts;
    const map = await session.locate(await this.#pixels(picture), text);
    if (soughtText(store.state) === text) store.update(change.setHeat({ picture, query: text, map }));
  }

  async #embedImage(picture: PictureId): Promise<void> {
    const { session, store, backend } = this.#parts;
    const image = await this.#pixels(picture);
    const begin = performance.now();
    const embedding = await session.embedImage(image);
    store.update(change.measure(backend, { embedMilliseconds: performance.now() - begin }));
    store.update(change.changePicture(picture, (one) => ({ ...one, embedding })));
  }

  async #caption(picture: PictureId, region: number | undefined, signal: AbortSignal): Promise<void> {
    const { session, store, backend } = this.#parts;
    store.update(change.say(picture, region, { status: 'writing', text: '' }));
    const image = await this.#pixels(picture);
    const part = this.#part(picture, region, image);
    const times: number[] = [];
    let text = '';
    try {
      for await (const piece of session.caption(image, { ...(part && { part }), signal })) {
        text += piece;
        times.push(performance.now());
        store.update(change.say(picture, region, { status: 'writing', text }));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      // Unless it is waiting already, in another shape, it comes again later.
      if (this.#isBeingWritten(picture, region)) store.update(change.say(picture, region, { status: 'waiting' }));
      return;
    }
    if (signal.aborted) return;
    store.update(change.say(picture, region, { status: 'done', text: text.trim() }));
    const perToken = (times.at(-1)! - times[0]!) / (times.length - 1);
    if (times.length > 1) store.update(change.measure(backend, { tokenMilliseconds: perToken }));
  }

  #isBeingWritten(picture: PictureId, region: number | undefined): boolean {
    const one = pictureOf(this.#parts.store.state, picture);
    const said = region === undefined ? one?.caption : one?.regions.find(({ id }) => id === region)?.said;
    return said?.status === 'writing';
  }

  /** What failed is not tried again by itself. */
  #writeOff(task: Task, error: unknown): void {
    const { store, onProblem } = this.#parts;
    const isGone = 'picture' in task && pictureOf(store.state, task.picture) === undefined;
    if (isGone) return;
    const problem = explain(error);
    if (task.kind === 'embed text') {
      store.update(change.setQueryEmbedding(task.text, 'failed'));
      onProblem(`“${task.text}” could not be looked for`, error);
    } else if (task.kind === 'locate') {
      store.update(change.setHeat({ picture: task.picture, query: task.text, map: 'failed' }));
      onProblem('The heat map could not be made', error);
    } else if (task.kind === 'embed image') {
      store.update(change.changePicture(task.picture, (one) => ({ ...one, embedding: 'failed' })));
      onProblem(`${pictureOf(store.state, task.picture)?.name} cannot be found by text`, error);
    } else {
      store.update(change.say(task.picture, task.region, { status: 'failed', problem }));
    }
  }

  #pixels(picture: PictureId): Promise<RgbImage> {
    return this.#parts.library.pixels(picture, this.#parts.session.model.side);
  }

  #part(picture: PictureId, region: number | undefined, image: RgbImage): Part | undefined {
    const shape = pictureOf(this.#parts.store.state, picture)?.regions.find(({ id }) => id === region)?.shape;
    return shape && shapeToPart(shape, image);
  }

  async #measureMemory(): Promise<void> {
    const { session, store, backend } = this.#parts;
    if (this.#stopped || performance.now() < this.#memoryAsked + memoryInterval) return;
    this.#memoryAsked = performance.now();
    const memoryBytes = await session.memory();
    store.update(change.measure(backend, { memoryBytes }));
  }
}
