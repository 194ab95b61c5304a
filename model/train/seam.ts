// What a run of training is made of. The loop of run.ts knows its parts by these interfaces alone.
import type { BrokenRecord } from '../data/record.ts';
import type { ModelParts } from '../files/model-directory.ts';

/** A tensor of the training state, float32. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Its elements in row-major order, bit by bit, as they are between two steps. Made when asked for, one tensor at a time. */
  read(): Promise<Float32Array>;
}

export interface StepSettings {
  /** Of the run, counted from 1; a resumed run counts on. */
  readonly step: number;
  /** What every learning rate is multiplied by: the schedule. */
  readonly rateFactor: number;
  /** τ of this step where it follows a schedule; otherwise it is learnt. */
  readonly temperature?: number;
}

export interface StepResult {
  /** Losses by name, before the update: `total`, and those that it is the sum of (`v2t`, `t2v`, `gen`). */
  readonly losses: Readonly<Record<string, number>> & { readonly total: number };
  /** Joint L2 norm of all gradients, before they are clipped. */
  readonly gradientNorm: number;
  /** L2 norm of each gradient by parameter, where the program tells them: they name the tensor that stops being a number. */
  readonly gradientNorms?: Readonly<Record<string, number>>;
  /** τ that the contrastive losses were computed with. */
  readonly temperature?: number;
}

/** One compiled program: forward, backward and optimiser are a step. */
export interface Trainer<Batch> {
  /** The same state, batch and settings give the same bits. */
  step(batch: Batch, settings: StepSettings): Promise<StepResult>;
  /**
   * All that has to be kept for a run to go on: every parameter of the model by its checkpoint name, frozen ones too, and the
   * optimiser's moments as `optimizer.m/NAME` and `optimizer.v/NAME`. Read between steps only.
   */
  tensors(): readonly StoredTensor[];
  /** Takes over the tensors of a checkpoint: the names and shapes that `tensors` gave. */
  restore(tensors: ReadonlyMap<string, StoredTensor>): Promise<void>;
  /** Memory in bytes at the peak of a step on such a batch, known before it runs. */
  plan(batch: Batch): { readonly peak: number };
  /** The backend and what it runs on. */
  readonly description: string;
  close(): Promise<void>;
}

export interface NextBatch<Batch> {
  readonly batch: Batch;
  /** Where the batch after this one begins, with the state of whatever is random about it. JSON. */
  readonly place: unknown;
  readonly images: number;
  /** What was skipped while this batch was put together. */
  readonly broken: readonly BrokenRecord[];
}

/** Batches without an end; whatever takes long about them is done ahead of `next`. */
export interface BatchStream<Batch> {
  /** @throws MmgemError when more records are broken than the configuration allows */
  next(): Promise<NextBatch<Batch>>;
  close(): Promise<void>;
}

/** One picture on which the model is shown at work. */
export interface Example {
  /** Tells it from the others; the same at every evaluation. */
  readonly name: string;
  /** The picture as a data URI. */
  readonly picture: string;
  /** A caption that is right. */
  readonly truth: string;
  /** What the model says now. */
  readonly caption: string;
}

export interface Evaluation {
  /** Measures by name, such as `t2i R@1`. */
  readonly figures: Readonly<Record<string, number>>;
  readonly examples: readonly Example[];
  /** What a reader of the figures should know. */
  readonly notes?: readonly string[];
}

/** What a target puts together from a configuration, and a run uses. */
export interface RunParts<Batch> {
  readonly trainer: Trainer<Batch>;
  /** Batches from a `place` on; from the beginning where there is none. */
  openBatches(place?: unknown): Promise<BatchStream<Batch>>;
  /** Measures the model as it is now. Nothing that a later step depends on changes. */
  evaluate?(): Promise<Evaluation>;
  /** What makes a model directory of the weights. */
  readonly model: Pick<ModelParts, 'config' | 'preprocessor' | 'tokenizer'>;
}
