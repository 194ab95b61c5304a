// The programs of one model on one engine: compiled when first needed, with the parameters that they share.
import { extent, type Graph, type Sizes } from '../../dsl/index.ts';
import type { BufferDeclaration } from '../../kernels/ir.ts';
import type { Executable, HostArray, MemoryPlanSummary, RunOptions, Store } from '../../runtime/seam.ts';
import { MmgemError } from '../errors.ts';
import type { ModelGraph } from '../graph/model.ts';
import { buildProgram, type ProgramName } from '../graph/programs.ts';
import type { Generable } from '../graph/selection.ts';
import type { WeightSource } from './weights.ts';

/** What programs need of an engine. */
export interface GraphEngine {
  compile(graph: Graph): Promise<Executable>;
  createStore(name: string): Store;
  memory(): { readonly current: number; readonly peak: number };
}

export interface ProgramsOptions {
  readonly name: string;
  readonly engine: GraphEngine;
  readonly model: ModelGraph;
  readonly generable: Generable;
  readonly weights: WeightSource;
  /** Elements to reserve for each state. */
  readonly states: ReadonlyMap<string, number>;
}

/** A program by name; that of a beam search also by its number of candidates a row. */
export interface ProgramKey {
  readonly name: ProgramName;
  readonly candidates?: number;
}

/** Called with what is being done: a program to compile, or parameters to load, and how much of it is done. */
export type OnProgress = (progress: { readonly stage: string; readonly done: number; readonly total: number }) => void;

/** What a program took for the sizes that it was last run with. */
export interface ProgramMemory extends MemoryPlanSummary {
  readonly program: string;
  readonly sizes: Sizes;
}

export class Programs {
  readonly #options: ProgramsOptions;
  readonly #store: Store;
  readonly #compiled = new Map<string, Promise<Executable>>();
  readonly #loaded = new Map<string, Promise<void>>();
  readonly #lastSizes = new Map<string, Sizes>();
  #closing: Promise<void> | undefined;

  constructor(options: ProgramsOptions) {
    this.#options = options;
    this.#store = options.engine.createStore(options.name);
  }

  /** Compiles a program and puts its parameters in place, unless that was done before. */
  prepare(key: ProgramKey, onProgress?: OnProgress): Promise<Executable> {
    this.assertOpen();
    const id = idOf(key);
    const before = this.#compiled.get(id);
    if (before) return before;
    const made = this.#prepare(key, id, onProgress);
    this.#compiled.set(id, made);
    made.catch(() => this.#compiled.delete(id)); // so that the next call tries again
    return made;
  }

  /** Reads the parameters of all programs again, after their source has changed. No program runs meanwhile. */
  async refresh(): Promise<void> {
    await Promise.all(this.#loaded.values());
    const executables = await Promise.all(this.#compiled.values());
    const parameters = executables.flatMap(({ step }) => step.buffers).filter(({ role }) => role === 'parameter');
    const forms = new Map(parameters.map((declaration) => [formOf(declaration), declaration]));
    for (const declaration of forms.values()) await this.#write(declaration);
  }

  /** Runs a program. */
  async run(
    key: ProgramKey,
    inputs: Readonly<Record<string, HostArray>>,
    sizes: Sizes,
    options?: RunOptions,
  ): Promise<Record<string, HostArray>> {
    const executable = await this.prepare(key);
    this.#lastSizes.set(idOf(key), sizes);
    return executable.run(this.#store, inputs, sizes, options);
  }

  /** Names of the programs that have been compiled. */
  get compiled(): readonly string[] {
    return [...this.#compiled.keys()];
  }

  /** Bytes of parameters and states, and what each program took when it last ran. */
  async memory(): Promise<{ readonly store: number; readonly programs: readonly ProgramMemory[] }> {
    const programs = [...this.#lastSizes].map(async ([program, sizes]) => {
      const executable = await this.#compiled.get(program)!;
      return { program, sizes, ...executable.plan(sizes) };
    });
    return { store: this.#store.bytes, programs: await Promise.all(programs) };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** @throws MmgemError when the model was closed */
  assertOpen(): void {
    if (this.#closing) throw new MmgemError(`model ${this.#options.name} was closed; load it again.`);
  }

  async #prepare(key: ProgramKey, id: string, onProgress?: OnProgress): Promise<Executable> {
    const { engine, model, generable, states } = this.#options;
    onProgress?.({ stage: `compiling ${id}`, done: 0, total: 1 });
    const graph = buildProgram(key.name, model, { generable, candidates: key.candidates ?? 1 });
    const executable = await engine.compile(graph);
    onProgress?.({ stage: `compiling ${id}`, done: 1, total: 1 });
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
    let done = 0;
    for (const declaration of declarations) {
      const key = formOf(declaration);
      const before = this.#loaded.get(key);
      const loading = before ?? this.#write(declaration);
      if (!before) {
        this.#loaded.set(key, loading);
        loading.catch(() => this.#loaded.delete(key));
      }
      await loading;
      onProgress?.({ stage: 'loading weights', done: ++done, total });
    }
  }

  async #write(declaration: BufferDeclaration): Promise<void> {
    await this.#store.write(declaration, await this.#options.weights.read(declaration.source!));
  }

  async #close(): Promise<void> {
    const executables = await Promise.allSettled(this.#compiled.values());
    for (const result of executables) if (result.status === 'fulfilled') await result.value.close();
    await this.#store.close();
    await this.#options.weights.close();
  }
}

const idOf = ({ name, candidates }: ProgramKey): string => (candidates === undefined ? name : `${name} ${candidates}`);

/** Programs share a parameter by its name and the form in which they want it. */
const formOf = ({ source, dtype, layout }: BufferDeclaration): string => JSON.stringify([source, dtype, layout]);
