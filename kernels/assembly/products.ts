/** The functions that contract, attention and stream kernels of a module share, by name. */
import type { AssemblyTarget } from '../ir.ts';
import { evenBlockFunction } from './blocks.ts';
import { packingFunctions } from './packing.ts';
import { streamingFunctions } from './streaming.ts';
import { printTiles } from './tile.ts';
import { printVisibility } from './visibility.ts';
import { printWeighing } from './weighing.ts';
import { printWidening } from './widening.ts';

/** Source text of every function, its comment included, by the function's name. */
export function productFunctions(target: AssemblyTarget): ReadonlyMap<string, string> {
  const texts = [
    evenBlockFunction,
    printTiles(target),
    printVisibility(target),
    packingFunctions,
    streamingFunctions,
    printWidening(target),
    printWeighing(),
  ];
  // Blank lines stand between functions and nowhere else.
  return new Map(texts.flatMap((text) => text.split('\n\n')).map((text) => [/^function (\w+)/m.exec(text)![1]!, text]));
}
