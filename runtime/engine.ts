/** The engine: one opened backend, as programs and users see it. */
import { MmgemError } from '../dsl/errors.ts';
import type { Step, Target } from '../kernels/ir.ts';
import { BackendError, type BackendFactory, type BackendOption, type BackendOptions, type Probe } from './backend.ts';
import type { DeviceLoss, DeviceLostError } from './loss.ts';
import { Recovery } from './recovery.ts';
import type { Executable, Executor, ExecutorInfo, Store } from './seam.ts';

export interface EngineInfo extends ExecutorInfo {
  /** What the user asked for: `auto`, or the backend's name. */
  readonly asked: string;
  /** Why `auto` took this backend and not those before it in its order. */
  readonly passedOver: readonly { readonly backend: string; readonly reason: string }[];
}

/**
 * Compiles and runs programs on one backend. Everything that it holds is given back by `close()`, also through
 * `using engine = await openEngine(…)`; the process can end by itself afterwards.
 *
 * When its device is lost, what is under way fails with a `DeviceLostError`, and so does all that was compiled and stored
 * until then. `recover` opens the backend again; models do that by themselves and go on.
 */
export class Engine {
  readonly #choice: Pick<EngineInfo, 'asked' | 'passedOver'>;
  readonly #recovery: Recovery;

  /** @param open opens the executor's backend again, with the same options */
  constructor(executor: Executor, choice: Pick<EngineInfo, 'asked' | 'passedOver'>, open: () => Promise<Executor>) {
    this.#choice = choice;
    this.#recovery = new Recovery(executor, open);
  }

  /** The backend and what it runs on; after the loss of a device, on the next one. */
  get info(): EngineInfo {
    return { ...this.#recovery.latest.info, ...this.#choice };
  }

  /** What kernels are printed for: language, features, limits. */
  get target(): Target {
    return this.#recovery.latest.target;
  }

  /**
   * Resolves when the engine gives up, with the loss that was the last: the same work has lost three devices in a row, or no
   * other device can be opened. Every call fails with that reason from then on. A loss that is recovered from is in `losses`.
   */
  get lost(): Promise<DeviceLoss> {
    return this.#recovery.lost;
  }

  /** Devices that were lost and replaced, oldest first. */
  get losses(): readonly DeviceLoss[] {
    return this.#recovery.losses;
  }

  /**
   * Opens the backend again after the loss of its device, which `error` tells; calls that fail of one loss share one opening.
   * Executables and stores have to be made anew.
   * @param losses how many devices the work that failed has lost in a row, this one included
   * @returns what happened, for the user
   * @throws BackendError when the engine gives up, see `lost`; MmgemError when it was closed: it stays so
   */
  recover(error: DeviceLostError, losses = 1): Promise<string> {
    return this.#recovery.recover(error, losses);
  }

  /** Bytes held now and the most ever held, by everything opened from this engine. */
  memory(): { readonly current: number; readonly peak: number } {
    return this.#recovery.memory();
  }

  /**
   * Prints, compiles and prepares a step.
   * @throws MmgemError when a kernel does not compile, naming it and the place in its source; DeviceLostError when the device is lost
   */
  async compile(step: Step, options?: Parameters<Executor['compile']>[1]): Promise<Executable> {
    return this.#recovery.executor.compile(step, options);
  }

  /** A place for the parameters and states of one model; `name` is for messages. */
  createStore(name: string): Store {
    return this.#recovery.executor.createStore(name);
  }

  /** Stops threads, destroys the device and all that was made on it. */
  close(): Promise<void> {
    return this.#recovery.close();
  }

  /** `using`: begins to close. An error while closing is an unhandled rejection, so that it is seen. */
  [Symbol.dispose](): void {
    void this.close();
  }

  /** `await using`: closes and waits. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Opens a backend of the table by its name, or with `auto` the first usable one in the table's order, leaving those with a
 * drawback for last. `engine.info` tells what was chosen and why others were not.
 * @throws MmgemError when the name is unknown, the backend does not heed an option, or it (with `auto`: every one) cannot run.
 */
export async function openEngine(
  name: string,
  table: readonly BackendFactory[],
  options: BackendOptions = {},
): Promise<Engine> {
  if (name === 'auto') return openFirstUsable(table, options);
  const factory = table.find((candidate) => candidate.name === name);
  if (!factory) {
    throw new MmgemError(
      `unknown backend '${name}'; this host has ${table.map((f) => f.name).join(', ')}, or auto to choose among them`,
    );
  }
  const unheeded = optionsGiven(options).find((option) => !factory.options.includes(option));
  if (unheeded) {
    throw new MmgemError(
      `backend ${name} has no option '${unheeded}'; it heeds ${factory.options.join(', ') || 'none'}`,
    );
  }
  const executor = await openOrExplain(factory, options);
  return new Engine(executor, { asked: name, passedOver: [] }, () => factory.open(options));
}

/** The backend, or an error that says whose reason and remedy it gives. */
async function openOrExplain(factory: BackendFactory, options: BackendOptions): Promise<Executor> {
  try {
    return await factory.open(options);
  } catch (error) {
    const reason = `backend ${factory.name} cannot run here: `;
    if (error instanceof BackendError) throw new BackendError(reason + error.reason, error.remedy, { cause: error });
    throw new MmgemError(reason + messageOf(error), { cause: error });
  }
}

async function openFirstUsable(table: readonly BackendFactory[], options: BackendOptions): Promise<Engine> {
  const unheeded = optionsGiven(options).find((option) => !table.some((factory) => factory.options.includes(option)));
  if (unheeded) throw new MmgemError(`no backend of this host has an option '${unheeded}'`);
  const candidates = await Promise.all(
    table.map(async (factory) => ({ factory, probe: await factory.probe(heeded(factory, options)) })),
  );
  const passedOver = candidates.flatMap(({ factory: { name: backend }, probe }) => {
    const reason = probe.usable ? probe.drawback : whyNot(probe);
    return reason === undefined ? [] : [{ backend, reason }];
  });
  const usable = candidates.filter(({ probe }) => probe.usable);
  const hasDrawback = ({ probe }: { readonly probe: Probe }) => probe.usable && probe.drawback !== undefined;
  for (const { factory } of [...usable.filter((c) => !hasDrawback(c)), ...usable.filter(hasDrawback)]) {
    try {
      const open = () => factory.open(heeded(factory, options));
      const choice = { asked: 'auto', passedOver: passedOver.filter((p) => p.backend !== factory.name) };
      return new Engine(await open(), choice, open);
    } catch (error) {
      passedOver.push({ backend: factory.name, reason: messageOf(error) });
    }
  }
  const reasons = passedOver.map(({ backend, reason }) => `${backend}: ${reason}`);
  throw new MmgemError(`no backend can run here:\n${reasons.join('\n')}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function whyNot({ reason, remedy }: Extract<Probe, { usable: false }>): string {
  return `${reason}. ${remedy}`;
}

function optionsGiven(options: BackendOptions): BackendOption[] {
  return (Object.keys(options) as BackendOption[]).filter((option) => options[option] !== undefined);
}

/** The options that concern a backend: with `auto` the others are meant for another one. */
function heeded(factory: BackendFactory, options: BackendOptions): BackendOptions {
  const kept = optionsGiven(options).filter((option) => factory.options.includes(option));
  return Object.fromEntries(kept.map((option) => [option, options[option]]));
}
