// A model's programs as they are on one device: compiled, with the parameters and states that they share.
import { extent, type Graph, type Sizes } from '../../dsl/index.ts';
import type { BufferDeclaration } from '../../kernels/ir.ts';
import type { DeviceLostError } from '../../runtime/loss.ts';
import type { Executable, HostArray, MemoryPlanSummary, RunOptions, Store } from '../../runtime/seam.ts';
import type { ModelGraph } from '../graph/model.ts';
import { buildProgram, type ProgramName } from '../graph/programs.ts';
import type { Generable } from '../graph/selection.ts';
import type { WeightSource } from './weights.ts';

/** What programs need of an engine. */
export interface GraphEngine {
  compile(graph: Graph): Promise<Executable>;
  createStore(name: string): Store;
  memory(): { readonly current: number; readonly peak: number };
  /** As `recover` of an engine; absent where nothing can be lost. */
  recover?(error: DeviceLostError, losses: number): Promise<string>;
}

export interface ProgramsOptions {
  readonly name: string;
  readonly engine: GraphEngine;
  readonly model: ModelGraph;
  readonly generable: Generable;
  readonly weights: WeightSource;
  /** Elements to reserve for each state. */
  readonly states: ReadonlyMap<string, number>;
  /** Told when the device was lost and what was done about it. */
  readonly onWarning?: (message: string) => void;
}

/** A program by name; that of a beam search also by its number of candidates a row. */
export interface ProgramKey {
  readonly name: ProgramName;
  readonly candidates?: number;
}

/** Called with what is being done: a program to compile, or parameters to load, and how much of it is done. */
export type OnProgress = (progress: { readonly stage: string; readonly done: number; readonly total: number }) => void;

/** A program with what it is run on. */
export interface ProgramRun {
  readonly key: ProgramKey;
  readonly inputs: Readonly<Record<string, HostArray>>;
  readonly sizes: Sizes;
}

/** What a program took for the sizes that it was last run with. */
export interface ProgramMemory extends MemoryPlanSummary {
  readonly program: string;
  readonly sizes: Sizes;
}

export interface LoadedMemory {
  /** Bytes of parameters and states. */
  readonly store: number;
  readonly programs: readonly ProgramMemory[];
}

/** When the device is lost, others take the place of these: nothing of them is of use any more. */
export class LoadedPrograms {
  readonly #options: ProgramsOptions;
  #made: Store | undefined;
  readonly #compiled = new Map<string, Promise<Executable>>();
  /** Those among them whose parameters and states are in place. */
  readonly #ready = new Map<string, Promise<Executable>>();
  readonly #loaded = new Map<string, Promise<void>>();
  readonly #lastRuns = new Map<string, { readonly executable: Executable; readonly sizes: Sizes }>();

  constructor(options: ProgramsOptions) {
    this.#options = options;
  }

  /** Compiles a program and puts its parameters in place, unless that was done before. */
  prepare(key: ProgramKey, onProgress?: OnProgress): Promise<Executable> {
    return once(this.#ready, idOf(key), () => this.#prepare(key, onProgress));
  }

  compile(key: ProgramKey, onProgress?: OnProgress): Promise<Executable> {
    const { engine, model, generable } = this.#options;
    const id = idOf(key);
    return once(this.#compiled, id, async () => {
      onProgress?.({ stage: `compiling ${id}`, done: 0, total: 1 });
      const executable = await engine.compile(
        buildProgram(key.name, model, { generable, candidates: key.candidates ?? 1 }),
      );
      onProgress?.({ stage: `compiling ${id}`, done: 1, total: 1 });
      return executable;
    });
  }

  async run({ key, inputs, sizes }: ProgramRun, options?: RunOptions): Promise<Record<string, HostArray>> {
    const executable = await this.prepare(key);
    this.#lastRuns.set(idOf(key), { executable, sizes });
    return executable.run(this.#store, inputs, sizes, options);
  }

  /** Reads all parameters again, after their source has changed. No program runs meanwhile. */
  async refresh(): Promise<void> {
    await Promise.all(this.#loaded.values());
    const executables = await Promise.all(this.#compiled.values());
    const parameters = executables.flatMap(({ step }) => step.buffers).filter(({ role }) => role === 'parameter');
    const forms = new Map(parameters.map((declaration) => [formOf(declaration), declaration]));
    for (const declaration of forms.values()) await this.#write(declaration);
  }

  /** Names of the programs that are ready. */
  get names(): readonly string[] {
    return [...this.#ready.keys()];
  }

  memory(): LoadedMemory {
    const programs = [...this.#lastRuns].map(([program, { executable, sizes }]) => ({
      program,
      sizes,
      ...executable.plan(sizes),
    }));
    return { store: this.#made?.bytes ?? 0, programs };
  }

  async close(): Promise<void> {
    const executables = await Promise.allSettled(this.#compiled.values());
    for (const result of executables) if (result.status === 'fulfilled') await result.value.close();
    await this.#made?.close();
  }

  get #store(): Store {
    this.#made ??= this.#options.engine.createStore(this.#options.name);
    return this.#made;
  }

  async #prepare(key: ProgramKey, onProgress?: OnProgress): Promise<Executable> {
    const { states } = this.#options;
    const executable = await this.compile(key, onProgress);
    const { buffers } = executable.step;
    for (const declaration of buffers.filter(({ role }) => role === 'state')) {
      const elements = states.get(declaration.source!);
      if (elements === undefined) throw new Error(`no size is known for state ${declaration.source}`);
      await this.#store.reserve({ ...declaration, size: extent(elements) }, {});
    }
    await this.#load(
      buffers.filter(({ role }) => role === 'parameter'),
      onProgress,
    );
    return executable;
  }

  /** Parameters in the forms that a program wants; those that other programs brought are there already. */
  async #load(declarations: readonly BufferDeclaration[], onProgress?: OnProgress): Promise<void> {
    const total = declarations.length;
    onProgress?.({ stage: 'loading weights', done: 0, total });
    for (const [i, declaration] of declarations.entries()) {
      await once(this.#loaded, formOf(declaration), () => this.#write(declaration));
      onProgress?.({ stage: 'loading weights', done: i + 1, total });
    }
  }

  async #write(declaration: BufferDeclaration): Promise<void> {
    await this.#store.write(declaration, await this.#options.weights.read(declaration.source!));
  }
}

/** What was made under a key before, or is being made; what fails is made again when it is next asked for. */
function once<T>(made: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const before = made.get(key);
  if (before) return before;
  const making = make();
  made.set(key, making);
  making.catch(() => made.delete(key));
  return making;
}

const idOf = ({ name, candidates }: ProgramKey): string => (candidates === undefined ? name : `${name} ${candidates}`);

/** Programs share a parameter by its name and the form in which they want it. */
const formOf = ({ source, dtype, layout }: BufferDeclaration): string => JSON.stringify([source, dtype, layout]);
