/** What an expression depends on, and so where it may be worked out. */
import { fixedExtent } from '../../dsl/extent.ts';
import { type Apply, operandsOf, type Scalar } from '../../dsl/scalar.ts';
import { type Mode, nameKey, type VectorMode, vector } from './mode.ts';
import type { Scope, Scopes } from './scopes.ts';

export class Dependence {
  readonly #kernel: string;
  readonly #scopes: Scopes;
  readonly #leaves = new Map<string, readonly Scalar[]>();
  readonly #total = new Map<string, boolean>();

  constructor(kernel: string, scopes: Scopes) {
    this.#kernel = kernel;
    this.#scopes = scopes;
  }

  /** The axes, reductions and accumulators that an expression depends on; a loop's own axis is none of them. */
  leaves(x: Scalar): readonly Scalar[] {
    let leaves = this.#leaves.get(x.key);
    if (!leaves) {
      if (x.kind === 'axis' || x.kind === 'reduction' || x.kind === 'accumulator') leaves = [x];
      else {
        const all = new Map(operandsOf(x).flatMap((operand) => this.leaves(operand).map((leaf) => [leaf.key, leaf])));
        if (x.kind === 'loop') all.delete(x.axis.key);
        leaves = [...all.values()];
      }
      this.#leaves.set(x.key, leaves);
    }
    return leaves;
  }

  /** Whether an expression differs between the lanes of a mode. */
  varies(x: Scalar, mode: Mode): boolean {
    if (mode.kind === 'scalar') return false;
    return this.leaves(x).some((leaf) => leaf.key === mode.axis.key || this.laneValues(leaf, mode) !== undefined);
  }

  /** The v128 that a leaf was defined as, for all lanes of the mode at once. */
  laneValues(leaf: Scalar, mode: Exclude<Mode, { kind: 'scalar' }>): string | undefined {
    const all: VectorMode = vector(mode.axis, mode.offset - (mode.offset % 4));
    return this.#scopes.lookup(nameKey(leaf.key, all));
  }

  /** Whether evaluating the expression can do no harm anywhere: it reads nothing and divides by nothing unknown. */
  isTotal(x: Scalar): boolean {
    let total = this.#total.get(x.key);
    if (total === undefined) {
      total = x.kind !== 'read' && x.kind !== 'loop' && (x.kind !== 'apply' || this.dividesSafely(x));
      total &&= operandsOf(x).every((operand) => this.isTotal(operand));
      this.#total.set(x.key, total);
    }
    return total;
  }

  /** False for a whole division by what might be zero. */
  dividesSafely({ name, arguments: [, divisor] }: Apply): boolean {
    if (name !== 'quotient' && name !== 'remainder') return true;
    return divisor?.kind === 'linear' && divisor.terms.length === 0 && (fixedExtent(divisor.constant) ?? 0) > 0;
  }

  /** The outermost scope in which the expression can be evaluated. */
  home(x: Scalar, mode: Mode): Scope {
    let home = this.#scopes.root;
    for (const leaf of this.leaves(x)) {
      const own = this.#scopes.scopeOf(leaf.key);
      const lanes = mode.kind === 'scalar' ? undefined : this.#laneScope(leaf, mode);
      if (!own && !lanes)
        throw new Error(`kernel ${this.#kernel}: ${leaf.kind} ${leaf.key} is used where it has no value`);
      for (const scope of [own, lanes]) if (scope && scope.depth > home.depth) home = scope;
    }
    if (this.isTotal(x)) return home;
    const guard = this.#scopes.guard();
    return guard.depth > home.depth ? guard : home;
  }

  #laneScope(leaf: Scalar, mode: Exclude<Mode, { kind: 'scalar' }>): Scope | undefined {
    return this.#scopes.scopeOf(nameKey(leaf.key, vector(mode.axis, mode.offset - (mode.offset % 4))));
  }
}
