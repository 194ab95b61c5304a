/** A printed function's parameters: the buffers and sizes that it uses, as locals that are loaded from the argument block. */
import type { BufferDeclaration, Kernel, Step } from '../ir.ts';
import { functionName, type Names } from './names.ts';

export class Parameters {
  readonly #kernel: Kernel;
  readonly #step: Step;
  readonly #names: Names;
  readonly #declarations: ReadonlyMap<string, BufferDeclaration>;
  readonly #buffers = new Map<string, string>();
  readonly #sizes: ReadonlyMap<string, string>;

  constructor(kernel: Kernel, step: Step, names: Names) {
    this.#kernel = kernel;
    this.#step = step;
    this.#names = names;
    this.#declarations = new Map(step.buffers.map((buffer) => [buffer.name, buffer]));
    this.#sizes = new Map(step.sizes.map(({ name }) => [name, names.next(name)]));
  }

  declaration(name: string): BufferDeclaration {
    const declaration = this.#declarations.get(name);
    if (!declaration) throw this.#missing(name, 'is no buffer');
    return declaration;
  }

  /** The local that holds a buffer's byte address. */
  buffer(name: string): string {
    let local = this.#buffers.get(name);
    if (!local) {
      this.declaration(name);
      local = this.#names.next(name);
      this.#buffers.set(name, local);
    }
    return local;
  }

  /** The local that holds a size symbol's value. */
  size(symbol: string): string {
    const local = this.#sizes.get(symbol);
    if (!local) throw this.#missing(symbol, 'is no size');
    return local;
  }

  #missing(name: string, what: string): Error {
    return new Error(`kernel ${this.#kernel.name} uses ${name}, which ${what} of step ${this.#step.name}`);
  }

  /** The buffers used so far, in the order of the argument block. */
  get buffers(): string[] {
    return [...this.#buffers.keys()];
  }

  /** The function with this body, which may use no further buffers. */
  functionWith(body: readonly string[]): string {
    const text = body.join('\n');
    const isUsed = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(text);
    const buffers = [...this.#buffers.values()].map((local, i) => `const ${local} = load<usize>(args, ${4 * i});`);
    const sizes = [...this.#sizes.values()].flatMap((local, i) =>
      isUsed(local) ? [`const ${local} = load<i32>(args, ${4 * (buffers.length + i)});`] : [],
    );
    return [
      ...this.#comment(),
      `export function ${functionName(this.#kernel)}(args: usize, tile: i32, scratch: usize): void {`,
      ...[...buffers, ...sizes, ...body].map((line) => (line === '' ? '' : `  ${line}`)),
      '}',
    ].join('\n');
  }

  /** What the kernel does, and every buffer that it touches with shape and type. */
  #comment(): string[] {
    const buffers = this.buffers.map((name) => {
      const { dtype, shape, source } = this.declaration(name);
      return `  ${name}${shape} ${dtype}${source ? ` (${source})` : ''}`;
    });
    return [...this.#kernel.comment, ...buffers].map((line) => `// ${line}`);
  }
}
