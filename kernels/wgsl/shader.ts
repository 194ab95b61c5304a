/** One kernel's WGSL module while it is being put together: bindings, helpers, functions, entry point. */
import { MmgemError } from '../../dsl/errors.ts';
import type { Kernel, Step, WgslTarget } from '../ir.ts';
import { type Binding, bindingsOf, uniformDeclaration } from './bindings.ts';
import type { Lanes } from './lanes.ts';
import { fourLanes, type Helper, type HelperName, helpers } from './maths.ts';
import { Scope } from './scope.ts';
import { type Access, type Representation, representationOf } from './storage.ts';

/** Which buffers are accessed by fours, and which have single elements written: found out by printing once. */
export interface AccessNeeds {
  readonly fours: Set<string>;
  readonly singleWrites: Set<string>;
}

/** How a buffer's array is declared, and what its elements are. */
export interface Declared {
  readonly name: string;
  readonly buffer: string;
  readonly representation: Representation;
  /** `representation.four` or `representation.single`. */
  readonly access: Access;
}

type Builtin = 'workgroup' | 'subgroup';

const mainBuiltins: Readonly<Record<Builtin, readonly string[]>> = {
  workgroup: [
    '@builtin(workgroup_id) group: vec3<u32>',
    '@builtin(num_workgroups) groups: vec3<u32>',
    '@builtin(local_invocation_index) local: u32',
  ],
  subgroup: ['@builtin(subgroup_size) subgroupSize: u32', '@builtin(subgroup_invocation_id) lane: u32'],
};

export class Shader {
  readonly target: WgslTarget;
  readonly needs: AccessNeeds = { fours: new Set(), singleWrites: new Set() };
  readonly final: boolean;
  readonly #step: Step;
  readonly #kernel: Kernel;
  readonly #bindings: readonly Binding[];
  /** Buffers declared as arrays of four elements. */
  readonly #fours: ReadonlySet<string>;
  readonly #features = new Set<string>();
  readonly #helpers = new Set<string>();
  readonly #workgroup: string[] = [];
  #workgroupBytes = 0;
  readonly #declarations: string[] = [];
  readonly #functions = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  #main = '';

  /** Without `fours` the text is good for nothing but finding out `needs`. */
  constructor(step: Step, kernel: Kernel, target: WgslTarget, fours: ReadonlySet<string> | undefined) {
    this.target = target;
    this.final = fours !== undefined;
    this.#step = step;
    this.#kernel = kernel;
    this.#bindings = bindingsOf(step, kernel, target);
    this.#fours = fours ?? new Set();
    for (const { declaration } of this.#bindings) {
      const { feature } = representationOf(declaration.dtype, target);
      if (feature) this.enable(feature);
    }
  }

  get kernelName(): string {
    return this.#kernel.name;
  }

  get bindings(): { readonly buffer: string; readonly access: 'read' | 'read_write' }[] {
    return this.#bindings.map(({ declaration, access }) => ({ buffer: declaration.name, access }));
  }

  enable(feature: 'f16' | 'subgroups'): void {
    this.#features.add(feature);
  }

  /** `prefix` with a number that makes it unique. */
  fresh(prefix: string): string {
    const count = this.#counts.get(prefix) ?? 0;
    this.#counts.set(prefix, count + 1);
    return `${prefix}${count}`;
  }

  /** Has a helper printed, and with `arity` its version for four lanes. */
  use(name: HelperName, fourLanesArity?: number): void {
    for (const other of (helpers[name] as Helper).uses ?? []) this.use(other as HelperName);
    this.#helpers.add(helpers[name].source);
    if (fourLanesArity !== undefined) this.#helpers.add(fourLanes(name, fourLanesArity));
  }

  declared(buffer: string): Declared {
    const binding = this.#bindings.find(({ declaration }) => declaration.name === buffer)!;
    const representation = representationOf(binding.declaration.dtype, this.target);
    const access = this.#fours.has(buffer) ? representation.four : representation.single;
    return { name: binding.name, buffer, representation, access };
  }

  /**
   * A workgroup array of `count` elements of a type of `bytes`.
   * @throws MmgemError when the kernel's arrays take more than the device has.
   */
  workgroupArray(name: string, element: string, bytes: number, count: number): void {
    const declaration = `var<workgroup> ${name}: array<${element}, ${count}>;`;
    if (this.#workgroup.includes(declaration)) return;
    this.#workgroupBytes += bytes * count;
    if (this.#workgroupBytes > this.target.maxWorkgroupStorage) {
      throw new MmgemError(
        `kernel ${this.#kernel.name} needs ${this.#workgroupBytes} bytes of workgroup memory, the device has ${this.target.maxWorkgroupStorage}`,
      );
    }
    this.#workgroup.push(declaration);
  }

  /** A declaration of its own, such as a struct. */
  declare(text: string): void {
    this.#declarations.push(text);
  }

  workgroupVariable(name: string, type: string): void {
    this.#workgroupBytes += 4;
    this.#workgroup.push(`var<workgroup> ${name}: ${type};`);
  }

  /** For single elements that are to be written to a buffer whose elements share words. */
  packedWriteError(buffer: string): MmgemError {
    const { dtype } = this.#bindings.find(({ declaration }) => declaration.name === buffer)!.declaration;
    const remedy = dtype === 'f16' ? 'use a device with shader-f16, or store it as f32' : 'store it as f32';
    return new MmgemError(
      `kernel ${this.#kernel.name} writes single elements of ${buffer}, which is ${dtype} with two elements to a word on this device: ${remedy}`,
    );
  }

  /** Declares a function once. */
  function(name: string, signature: string, build: (body: Scope) => void, lanes?: Lanes): void {
    if (this.#functions.has(name)) return;
    this.#functions.set(name, '');
    const body = new Scope(this, undefined, lanes);
    build(body);
    this.#functions.set(name, `fn ${name}${signature} {\n${body.text('  ')}\n}`);
  }

  /** The entry point. `local` is the invocation within the workgroup. */
  main(threads: number, builtins: readonly Builtin[], build: (body: Scope) => void): void {
    const body = new Scope(this);
    build(body);
    const parameters = (['workgroup', ...builtins] as const)
      .flatMap((key) => mainBuiltins[key])
      .map((text) => `  ${text},`);
    this.#main = [`@compute @workgroup_size(${threads})`, 'fn main(', ...parameters, ') {', body.text('  '), '}'].join(
      '\n',
    );
  }

  text(variant: string): string {
    const { name, kind, comment } = this.#kernel;
    const declarations = this.#bindings.map(({ declaration, access, name: binding }, index) => {
      const { element } = this.declared(declaration.name).access;
      const { source = declaration.name, shape, dtype } = declaration;
      const told = [source, shape, dtype].filter(Boolean).join(' ');
      return `@group(0) @binding(${index}) var<storage, ${access}> ${binding}: array<${element}>;  // ${oneLine(told)}`;
    });
    const parts = [
      [`${name}: ${kind}, ${variant}`, ...comment].map((line) => `// ${oneLine(line)}`).join('\n'),
      [...this.#features].map((feature) => `enable ${feature};`).join('\n'),
      [...declarations, uniformDeclaration(this.#step, declarations.length)].filter(Boolean).join('\n'),
      this.#declarations.join('\n'),
      this.#workgroup.join('\n'),
      ...[...this.#helpers].map((source) => source.trim()),
      ...this.#functions.values(),
      this.#main,
    ];
    return `${parts.filter(Boolean).join('\n\n')}\n`;
  }
}

/** Comments end where a line does. */
function oneLine(text: string): string {
  return text.replace(/[\n-\r\u0085\u2028\u2029]+/g, ' ');
}
