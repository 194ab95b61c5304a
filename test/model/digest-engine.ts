// An engine whose results are digests of all that they depend on: inputs, sizes, weights, and how states came to be.
import { evaluateExtent, type Sizes } from '../../dsl/extent.ts';
import { type Graph, productOfExtents, type Tensor } from '../../dsl/index.ts';
import { stateName } from '../../dsl/interpret.ts';
import type { GraphEngine } from '../../model/session/programs.ts';
import type { Executable, HostArray, Store } from '../../runtime/seam.ts';
import { interpreterEngine } from './interpreter-engine.ts';

/** A parameter's or a state's digest, by its name. */
class DigestStore implements Store {
  readonly digests = new Map<string, number>();
  readonly bytes = 0;
  async write({ source }: { readonly source?: string }, data: HostArray): Promise<void> {
    this.digests.set(source!, digest([data]));
  }
  async reserve(): Promise<void> {}
  async read(): Promise<HostArray> {
    throw new Error('digests cannot be read back');
  }
  async close(): Promise<void> {
    this.digests.clear();
  }
}

/** Takes no time, and gives other results for whatever is forgotten or done twice. */
export function digestEngine(): GraphEngine {
  const interpreter = interpreterEngine();
  return {
    memory: () => ({ current: 0, peak: 0 }),
    createStore: () => new DigestStore(),
    compile: async (graph) => executable(graph, await interpreter.compile(graph)),
  };
}

function executable(graph: Graph, { step, ...others }: Executable): Executable {
  const held = step.buffers.filter(({ role }) => role !== 'input').map(({ source }) => source!);
  const updated = new Set(graph.updates.map(stateName));
  return {
    ...others,
    step,
    async run(store, inputs, sizes, { outputs: wanted } = {}) {
      const { digests } = store as DigestStore;
      // What a program updates is written as a whole, but for the cache behind its first P tokens.
      const read = held.filter((name) => !updated.has(name) || (sizes.P ?? 0) > 0);
      const states = read.map((name) => {
        const known = digests.get(name);
        if (known === undefined) throw new Error(`${graph.name} reads ${name}, which nobody has written`);
        return known;
      });
      const all = digest([text(graph.name), text(JSON.stringify(sizes)), states, ...Object.values(inputs)]);
      for (const name of updated) digests.set(name, digest([[all], text(name)]));
      const asked = Object.entries(graph.outputs).filter(([name]) => wanted?.includes(name) ?? true);
      return Object.fromEntries(asked.map(([name, node]) => [name, output(node, sizes, digest([[all], text(name)]))]));
    },
  };
}

function output({ shape, type }: Tensor, sizes: Sizes, seed: number): HostArray {
  const length = evaluateExtent(productOfExtents(shape.map(({ extent }) => extent)), sizes);
  const numbers = Array.from({ length }, (_, i) => digest([[seed, i]]));
  if (type === 'i32') return Int32Array.from(numbers, (number) => 3 + (number % 4000)); // words: neither BOS nor EOS
  return Float32Array.from(numbers, (number) => -number / 2 ** 32);
}

const text = (characters: string): number[] => Array.from(characters, (character) => character.codePointAt(0)!);

/** FNV-1a over the bits of numbers. */
function digest(lists: readonly ArrayLike<number>[]): number {
  const word = new DataView(new ArrayBuffer(8));
  let state = 0x811c9dc5;
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      word.setFloat64(0, list[i]!);
      state = Math.imul(state ^ word.getUint32(0), 0x01000193);
      state = Math.imul(state ^ (state >>> 15) ^ word.getUint32(4), 0x01000193);
    }
  }
  return state >>> 0;
}
