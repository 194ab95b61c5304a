/** What the printers of all kernel kinds have in common. */
import type { Axis } from '../../dsl/scalar.ts';
import type { Kernel } from '../ir.ts';
import type { TileCount } from '../printed.ts';
import { atom, identifier } from './code.ts';
import type { Scope } from './scope.ts';
import type { Shader } from './shader.ts';

/** Prints a kernel's functions and entry point into the shader, and tells how many workgroups there are. */
export type Body<K extends Kernel> = (
  shader: Shader,
  kernel: K,
  parameters: Readonly<Record<string, number>>,
) => readonly TileCount[];

/** Identifiers for axes, by key: their own names, numbered where two would be the same. */
export function axisNames(axes: readonly Axis[]): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { key, name } of axes) {
    const wanted = identifier(name);
    let unique = wanted;
    for (let i = 1; taken.has(unique); i++) unique = `${wanted}_${i}_`;
    taken.add(unique);
    names.set(key, unique);
  }
  return names;
}

/** Calls axes by fixed names, as a kind's code does. */
export function bindAs(scope: Scope, names: readonly (readonly [axis: Axis, name: string])[]): void {
  for (const [axis, name] of names) scope.bind(axis, atom(name));
}
