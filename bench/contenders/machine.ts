/**
 * What the machine can do at most, as measured by kernels of ours: multiply-adds of the register tile on panels that stay in the
 * first-level cache, and reading memory that no cache holds.
 */
import { extent } from '../../dsl/extent.ts';
import { axis, constant, read } from '../../dsl/scalar.ts';
import { helperSources } from '../../kernels/assembly/helpers.ts';
import { tileShape } from '../../kernels/assembly/tile.ts';
import type { AssemblyTarget, BufferDeclaration, Step } from '../../kernels/ir.ts';
import type { AssemblyModule } from '../../kernels/printed.ts';
import { createWasmExecutor } from '../../runtime/wasm/executor.ts';
import { createNodeWasmHost } from '../../targets/node/wasm/host.ts';
import type { Running } from '../suites/suite.ts';
import type { Work } from '../work.ts';

export type Limit = 'peak' | 'bandwidth';

/** Steps of depth of the tile: panels of 6 and 16 floats a step are 22 KiB. */
const depth = 256;
/** Tiles of work, which threads share out: many enough for any number of them to end together. */
const tiles = 256;
const repetitions = 1024;
/** Bytes that a tile of the reading kernel reads; all tiles together are 256 MiB. */
const block = 1 << 20;

function declare(role: BufferDeclaration['role'], name: string, size: number): BufferDeclaration {
  return { name, role, dtype: 'f32', size: extent(size), layout: { kind: 'plain' }, shape: `[${size}]`, source: name };
}

interface Probe {
  readonly buffers: readonly BufferDeclaration[];
  readonly source: string;
  readonly scratchBytes: number;
  readonly work: Work;
}

const probes: Readonly<Record<Limit, (target: AssemblyTarget) => Probe>> = {
  peak(target) {
    const { rows, columns } = tileShape(target);
    const [left, right] = [4 * depth * rows, 4 * depth * columns];
    const source = `export function probe(args: usize, tile: i32, scratch: usize): void {
  for (let i = 0; i < ${repetitions}; i++)
    multiplyPanel(${rows}, ${depth}, scratch, scratch + ${left}, scratch + ${left + right}, ${4 * columns});
  store<f32>(<usize>load<u32>(args, 0) + (<usize>tile << 2), load<f32>(scratch + ${left + right}));
}`;
    return {
      buffers: [declare('output', 'y', tiles)],
      source: [...helperSources(['multiplyPanel'], target), source].join('\n\n'),
      scratchBytes: left + right + 4 * rows * columns,
      work: { flops: 2 * tiles * repetitions * rows * columns * depth, bytes: 0 },
    };
  },
  bandwidth() {
    const sums = [0, 1, 2, 3, 4, 5, 6, 7];
    const source = `export function probe(args: usize, tile: i32, scratch: usize): void {
  let at = <usize>load<u32>(args, 0) + (<usize>tile << ${Math.log2(block)});
  const end = at + ${block};
  ${sums.map((i) => `let s${i} = f32x4.splat(0);`).join(' ')}
  for (; at < end; at += 128) {
    ${sums.map((i) => `s${i} = f32x4.add(s${i}, v128.load(at, ${16 * i}));`).join(' ')}
  }
  ${sums
    .slice(1)
    .map((i) => `s0 = f32x4.add(s0, s${i});`)
    .join(' ')}
  store<f32>(<usize>load<u32>(args, 4) + (<usize>tile << 2), f32x4.extract_lane(s0, 0));
}`;
    return {
      buffers: [declare('parameter', 'x', (tiles * block) / 4), declare('output', 'y', tiles)],
      source,
      scratchBytes: 0,
      work: { flops: 0, bytes: tiles * block },
    };
  },
};

/** A step of one kernel whose code is given. */
function stepOf(buffers: readonly BufferDeclaration[]): Step {
  const i = axis('i', tiles);
  const value = buffers.length > 1 ? read(buffers[0]!.name, i) : constant(0);
  const kernel = {
    kind: 'map',
    name: 'probe',
    comment: [],
    axes: [i],
    writes: [{ buffer: 'y', offset: i, value }],
  } as const;
  return { name: 'probe', sizes: [], buffers, kernels: [kernel] };
}

/** Measures a limit with the best SIMD build that runs here. */
export async function startLimit(limit: Limit, threads: number): Promise<Running> {
  const executor = await createWasmExecutor(createNodeWasmHost(), {
    threads,
    print: (step, target): AssemblyModule => {
      const { source, scratchBytes } = probes[limit](target);
      const kernel = { kernel: 'probe', entry: 'probe', variant: limit, tiles: [{ extent: extent(tiles), per: 1 }] };
      return { source, kernels: [{ ...kernel, buffers: step.buffers.map(({ name }) => name), scratchBytes }] };
    },
  });
  if (executor.target.language !== 'assembly') throw new Error('the wasm executor has no target in AssemblyScript');
  const { buffers, work } = probes[limit](executor.target);
  const executable = await executor.compile(stepOf(buffers));
  const store = executor.createStore('probe');
  const parameter = buffers.find(({ role }) => role === 'parameter');
  // Written, not only reserved: pages that nobody has written to are one page of zeros in the cache.
  if (parameter) await store.write(parameter, new Float32Array((tiles * block) / 4).fill(1));
  return {
    description: executor.info.description,
    work,
    run: async () => (await executable.run(store, {}, {})).y!,
    close: () => executor.close(),
  };
}
