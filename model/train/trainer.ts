/** Trains a model on an engine: programs compiled once, parameters and moments in one store, one call a step. */
import { extent } from '../../dsl/index.ts';
import type { BufferDeclaration } from '../../kernels/ir.ts';
import { nameOf } from '../../runtime/arguments.ts';
import type { Executable, Store } from '../../runtime/seam.ts';
import type { Batch } from '../data/batch.ts';
import { parameterShapes } from '../parameters.ts';
import { chunkedPrograms } from './chunked-programs.ts';
import { momentNames, optimizerInput } from './graph/optimizer.ts';
import type { StepInputs, TrainerOptions, TrainingPrograms } from './programs.ts';
import type { StepResult, StepSettings, StoredTensor, Trainer } from './seam.ts';
import { wholePrograms } from './whole-programs.ts';

/**
 * Compiles a stage's programs and puts parameters in place. Moments begin at zero.
 * @throws MmgemError when weights are missing or misshapen
 */
export async function openTrainer(options: TrainerOptions): Promise<Trainer<Batch>> {
  const programs = options.chunk === undefined ? wholePrograms(options) : chunkedPrograms(options, options.chunk);
  const executables: Executable[] = [];
  for (const graph of programs.graphs) executables.push(await options.engine.compile(graph));
  const store = options.engine.createStore(options.name);
  const trainer = new MmgemTrainer(options, programs, executables, store);
  await trainer.load();
  return trainer;
}

class MmgemTrainer implements Trainer<Batch> {
  readonly description: string;
  readonly #options: TrainerOptions;
  readonly #programs: TrainingPrograms;
  readonly #executables: readonly Executable[];
  readonly #store: Store;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  /** What the programs know of parameters and states, by name; a weight that several layouts hold stands several times. */
  readonly #declarations: ReadonlyMap<string, readonly BufferDeclaration[]>;
  /** Parameters that no program uses, after a checkpoint has brought others than the weights' source. */
  readonly #restored = new Map<string, Float32Array>();

  constructor(options: TrainerOptions, programs: TrainingPrograms, executables: readonly Executable[], store: Store) {
    this.description = options.description;
    this.#options = options;
    this.#programs = programs;
    this.#executables = executables;
    this.#store = store;
    this.#shapes = parameterShapes(options.config);
    this.#declarations = declarationsOf(executables);
  }

  /** Puts parameters in place and makes room for moments and what programs hand each other. */
  async load(): Promise<void> {
    for (const [name, declarations] of this.#declarations) {
      const isMoment = name.startsWith('optimizer.');
      const elements = this.#programs.workspace.get(name);
      for (const declaration of declarations) {
        if (elements !== undefined) await this.#store.reserve({ ...declaration, size: extent(elements) }, {});
        else if (isMoment || name.startsWith('gradient/')) await this.#store.reserve(declaration, {});
        else await this.#store.write(declaration, await this.#options.weights.read(name));
      }
    }
  }

  async step(batch: Batch, { step, rateFactor, temperature }: StepSettings): Promise<StepResult> {
    const { optimizer, rates, scheduledTemperature } = this.#options;
    const inputs: StepInputs = {
      optimizer: optimizerInput(optimizer, {
        baseRate: rates.base * rateFactor,
        projectionRate: rates.projection * rateFactor,
        step,
      }),
      ...(scheduledTemperature && temperature !== undefined && { logitScale: -Math.log(temperature) }),
    };
    const outputs = await this.#programs.run(
      (program, given, sizes) => this.#executables[program]!.run(this.#store, given, sizes),
      batch,
      inputs,
    );
    const { gradientNorm, squaredNorms, temperature: learnt, ...losses } = outputs;
    const used = scheduledTemperature ? temperature : learnt?.[0];
    return {
      losses: Object.fromEntries(
        Object.entries(losses).map(([name, [value]]) => [name, value!]),
      ) as StepResult['losses'],
      gradientNorm: gradientNorm![0]!,
      gradientNorms: Object.fromEntries(this.#programs.learned.map((name, i) => [name, Math.sqrt(squaredNorms![i]!)])),
      ...(used !== undefined && { temperature: used }),
    };
  }

  tensors(): readonly StoredTensor[] {
    const parameters = [...this.#shapes].map(([name, shape]) => this.#tensor(name, shape));
    const moments = this.#programs.learned.flatMap((name) =>
      Object.values(momentNames(name)).map((moment) => this.#tensor(moment, this.#shapes.get(name)!)),
    );
    return [...parameters, ...moments];
  }

  async restore(tensors: ReadonlyMap<string, StoredTensor>): Promise<void> {
    for (const { name } of this.tensors()) {
      const tensor = tensors.get(name)!;
      const data = await tensor.read();
      for (const declaration of this.#declarations.get(name) ?? []) await this.#store.write(declaration, data);
      if (!this.#stored(name)) this.#restored.set(name, data);
    }
  }

  plan(batch: Batch): { readonly peak: number } {
    const sizes = this.#programs.sizes(batch);
    const peaks = this.#executables.map((executable, i) => executable.plan(sizes[i]!).peak);
    return { peak: this.#store.bytes + Math.max(...peaks) };
  }

  async close(): Promise<void> {
    for (const executable of this.#executables) await executable.close();
    await this.#store.close();
    await this.#options.weights.close();
  }

  /** The form in which the store has a tensor to the bit; undefined where it does not, as no program uses it. */
  #stored(name: string): BufferDeclaration | undefined {
    return this.#declarations.get(name)?.find(({ dtype }) => dtype === 'f32');
  }

  #tensor(name: string, shape: readonly number[]): StoredTensor {
    const declaration = this.#stored(name);
    const read = async (): Promise<Float32Array> => {
      if (declaration !== undefined) return (await this.#store.read(declaration)) as Float32Array;
      return this.#restored.get(name)?.slice() ?? this.#options.weights.read(name);
    };
    return { name, shape, read };
  }
}

/** Parameters and states of all programs by name. */
function declarationsOf(executables: readonly Executable[]): Map<string, BufferDeclaration[]> {
  const found = new Map<string, BufferDeclaration[]>();
  for (const declaration of executables.flatMap(({ step }) => step.buffers)) {
    if (declaration.role !== 'parameter' && declaration.role !== 'state') continue;
    const name = nameOf(declaration);
    const known = found.get(name) ?? [];
    const isNew = !known.some(({ dtype, layout }) => sameForm(declaration, { dtype, layout }));
    if (isNew) found.set(name, [...known, declaration]);
  }
  return found;
}

const sameForm = (a: BufferDeclaration, b: Pick<BufferDeclaration, 'dtype' | 'layout'>): boolean =>
  JSON.stringify([a.dtype, a.layout]) === JSON.stringify([b.dtype, b.layout]);
