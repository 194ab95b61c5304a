/** One executor after another: when the device of one is lost, the next is opened in its place. */
import { MmgemError } from '../dsl/errors.ts';
import { BackendError } from './backend.ts';
import type { DeviceLoss, DeviceLostError } from './loss.ts';
import type { Executor } from './seam.ts';

/** What loses its device for the so manieth time in a row is not tried again. */
export const mostLosses = 3;

/** Milliseconds before each try to open the next executor: a driver that was reset may need a moment. */
const defaultPauses: readonly number[] = [0, 500, 2000];

export class Recovery {
  /** Resolves when the backend is given up: see `recover`. */
  readonly lost: Promise<DeviceLoss>;
  #tellLost: (loss: DeviceLoss) => void = () => {};
  #executor: Executor;
  /** The loss of the executor at work. */
  #loss: DeviceLoss | undefined;
  readonly #open: () => Promise<Executor>;
  readonly #pauses: readonly number[];
  /** For each loss, the opening of what follows, and what is told of it. */
  readonly #renewals = new Map<DeviceLoss, Promise<string>>();
  #peakBefore = 0;
  /** Why there is no executor at work any more. */
  #end: MmgemError | undefined;
  #closing: Promise<void> | undefined;

  /** @param open opens the same backend with the same options */
  constructor(executor: Executor, open: () => Promise<Executor>, pauses = defaultPauses) {
    this.#executor = executor;
    this.#open = open;
    this.#pauses = pauses;
    this.#watch(executor);
    this.lost = new Promise((resolve) => {
      this.#tellLost = resolve;
    });
  }

  /** The executor at work. @throws MmgemError when the engine was closed or has given up */
  get executor(): Executor {
    if (this.#end) throw this.#end;
    return this.#executor;
  }

  /** The executor at work, or that which was last. */
  get latest(): Executor {
    return this.#executor;
  }

  /** Losses that were recovered from, or are being, oldest first. */
  get losses(): readonly DeviceLoss[] {
    return [...this.#renewals.keys()];
  }

  memory(): { readonly current: number; readonly peak: number } {
    const { current, peak } = this.#executor.memory();
    return { current, peak: Math.max(peak, this.#peakBefore) };
  }

  /**
   * Lets go of the executor whose device was lost and opens the next one: once for each loss, however many calls ask.
   * @param losses how many devices the call that asks has lost in a row, this one included
   * @returns what happened, for the user
   * @throws BackendError with the reason when the backend is given up, as `losses` is `mostLosses` or no device can be opened
   */
  async recover(error: DeviceLostError, losses: number): Promise<string> {
    if (this.#end) throw this.#end;
    if (!this.#renewals.has(error.loss)) {
      if (error.loss !== this.#loss) throw error; // a device of another engine
      if (losses >= mostLosses) throw this.#giveUp(error, `${losses} devices in a row were lost during the same work`);
      this.#renewals.set(error.loss, this.#renew(error));
    }
    return this.#renewals.get(error.loss)!;
  }

  close(): Promise<void> {
    this.#end ??= new MmgemError(`the ${this.#executor.info.backend} engine was closed; open another`);
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#renewals.values());
    await this.#executor.close();
  }

  async #renew(error: DeviceLostError): Promise<string> {
    const before = this.#executor.info.description;
    this.#peakBefore = this.memory().peak;
    await this.#letGo();
    const next = await this.#openNext(error);
    if (this.#end) {
      await next.close();
      throw this.#end;
    }
    this.#executor = next;
    this.#watch(next);
    const { backend, description } = next.info;
    return `${error.summary}; ${backend} was opened again${description === before ? '' : `: ${description}`}`;
  }

  async #openNext(error: DeviceLostError): Promise<Executor> {
    let failure: unknown;
    for (const pause of this.#pauses) {
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      if (this.#end) throw this.#end;
      try {
        return await this.#open();
      } catch (reason) {
        failure = reason;
      }
    }
    const message = failure instanceof Error ? failure.message : String(failure);
    throw this.#giveUp(error, `no other device can be opened (${message})`);
  }

  #watch({ lost }: Executor): void {
    this.#loss = undefined;
    void lost?.then((loss) => {
      this.#loss = loss;
    });
  }

  #giveUp({ summary, loss }: DeviceLostError, why: string): MmgemError {
    if (this.#end) return this.#end;
    this.#end = new BackendError(
      `${summary}, and ${why}: the ${this.#executor.info.backend} engine gives up`,
      'Use a smaller batch, update the driver, or open another backend',
    );
    this.#tellLost(loss);
    void this.#letGo();
    return this.#end;
  }

  /** What has lost its device may fail to close: there is nothing more to get of it. */
  async #letGo(): Promise<void> {
    await this.#executor.close().catch(() => undefined);
  }
}
