/** The inputs of one operator case of a golden file as tensors of the dsl, and its attributes. */
import { type Dim, dim, input, type StorageType, type Tensor } from '../../dsl/index.ts';
import { MmgemError } from '../errors.ts';

/** What a golden file says about a case before any element is read. */
export interface CaseDescription {
  readonly name: string;
  /** Shapes of the inputs by name. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly attributes: Readonly<Record<string, unknown>>;
}

type Named<N extends readonly string[]> = { readonly [I in keyof N]: Dim<N[I]> };

/** Gives every input named dimensions; what does not fit is an error that names the case and the tensor. */
export class CaseInputs {
  readonly #description: CaseDescription;

  constructor(description: CaseDescription) {
    this.#description = description;
  }

  /** An input with one name a dimension. */
  input<const N extends readonly string[]>(name: string, names: N, storage: StorageType = 'f32'): Tensor<Named<N>> {
    const shape = this.#shape(name);
    if (shape.length !== names.length) throw this.#failure(`in/${name} is [${shape}] where [${names}] is due`);
    return input(name, names.map((dimName, i) => dim(dimName, shape[i]!)) as unknown as Named<N>, storage);
  }

  /** An input [batch0, batch1, …, ...last], however many dimensions come before the last ones. */
  batched<const N extends readonly string[]>(
    name: string,
    last: N,
    storage: StorageType = 'f32',
  ): Tensor<readonly [...Dim[], ...Named<N>]> {
    const shape = this.#shape(name);
    const before = shape.length - last.length;
    if (before < 0) throw this.#failure(`in/${name} is [${shape}] where [..., ${last}] is due`);
    const dims = shape.map((size, i) => dim(i < before ? `batch${i}` : last[i - before]!, size));
    return input(name, dims as unknown as readonly [...Dim[], ...Named<N>], storage);
  }

  /**
   * Inputs that broadcast as in NumPy: dimensions go together from the right. An extent of 1 that others stretch is left out,
   * which is the same by names.
   */
  broadcast(...names: readonly string[]): { readonly operands: readonly Tensor[]; readonly shape: readonly Dim[] } {
    const shapes = names.map((name) => this.#shape(name));
    const rank = Math.max(...shapes.map((shape) => shape.length));
    const sizes = Array.from({ length: rank }, (_, axis) =>
      Math.max(...shapes.map((shape) => shape[axis - rank + shape.length] ?? 1)),
    );
    const shape = sizes.map((size, axis) => dim(`axis${axis}`, size));
    const operands = names.map((name, operand) => {
      const own = shapes[operand]!;
      return input(
        name,
        shape.filter((_, axis) => (own[axis - rank + own.length] ?? 1) === sizes[axis] && axis >= rank - own.length),
      );
    });
    return { operands, shape };
  }

  /** An input whose dimensions are called axis0, axis1, …, without those of extent 1 if `squeeze` asks so. */
  axes(name: string, { squeeze = false, storage = 'f32' as StorageType } = {}): Tensor {
    const dims = this.#shape(name).map((size, axis) => dim(`axis${axis}`, size));
    return input(name, squeeze ? dims.filter((_, axis) => this.#shape(name)[axis] !== 1) : dims, storage);
  }

  number(attribute: string): number {
    const value = this.#description.attributes[attribute];
    if (typeof value !== 'number') throw this.#attributeFailure(attribute, 'a number');
    return value;
  }

  numbers(attribute: string): readonly number[] {
    const value = this.#description.attributes[attribute];
    if (!Array.isArray(value) || value.some((element) => typeof element !== 'number')) {
      throw this.#attributeFailure(attribute, 'a list of numbers');
    }
    return value as number[];
  }

  flag(attribute: string): boolean {
    const value = this.#description.attributes[attribute];
    if (typeof value !== 'boolean') throw this.#attributeFailure(attribute, 'true or false');
    return value;
  }

  has(name: string): boolean {
    return this.#description.shapes.has(name);
  }

  #shape(name: string): readonly number[] {
    const shape = this.#description.shapes.get(name);
    if (!shape) throw this.#failure(`has no tensor in/${name}`);
    return shape;
  }

  #attributeFailure(attribute: string, due: string): MmgemError {
    const value = JSON.stringify(this.#description.attributes[attribute]);
    return this.#failure(`its attribute ${attribute} is ${value ?? 'missing'} where ${due} is due`);
  }

  #failure(problem: string): MmgemError {
    return new MmgemError(`case ${this.#description.name}: ${problem}. Write the golden file again.`);
  }
}
