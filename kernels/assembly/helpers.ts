/** Which helper functions a module needs: those its kernels call, and those that these call. */
import type { AssemblyTarget } from '../ir.ts';
import { conversionFunctions } from './conversions.ts';
import { mathsFunctions } from './maths.ts';
import { productFunctions } from './products.ts';

/** Source texts in a fixed order. @throws Error for a name that no table has. */
export function helperSources(names: Iterable<string>, target: AssemblyTarget): string[] {
  const table = new Map([...mathsFunctions(target), ...conversionFunctions, ...productFunctions(target)]);
  const needed = new Set<string>();
  const need = (name: string): void => {
    if (needed.has(name)) return;
    const source = table.get(name);
    if (!source) throw new Error(`there is no helper function ${name}`);
    needed.add(name);
    for (const [word] of source.matchAll(/\b\w+(?=\()/g)) if (word !== name && table.has(word)) need(word);
  };
  for (const name of names) need(name);
  return [...table].filter(([name]) => needed.has(name)).map(([, source]) => source);
}
