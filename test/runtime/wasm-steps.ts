/** Steps for the executor's tests, with AssemblyScript written by hand: what is tested is how they run, not how they are printed. */
import { join } from 'node:path';
import type { StorageType } from '../../dsl/dtype.ts';
import { type Extent, type ExtentLike, extent, symbol } from '../../dsl/extent.ts';
import { axis, read } from '../../dsl/scalar.ts';
import type { BufferDeclaration, Kernel, Layout, Role, Step } from '../../kernels/ir.ts';
import type { AssemblyModule, PrintedAssembly } from '../../kernels/printed.ts';
import type { Executor } from '../../runtime/seam.ts';
import { createWasmExecutor, type WasmOptions } from '../../runtime/wasm/executor.ts';
import type { WasmHost } from '../../runtime/wasm/host.ts';
import { DiskCache } from '../../targets/node/wasm/cache.ts';
import { createNodeWasmHost } from '../../targets/node/wasm/host.ts';
import { repositoryRoot } from '../support/repository.ts';

/** A kernel with its code: `reads` and `write` stand in `body` as pointers, `i` runs over the tile's elements. */
export interface HandWritten {
  readonly name: string;
  readonly size: ExtentLike;
  readonly per: number;
  readonly reads: readonly string[];
  readonly write: string;
  readonly body: string;
  readonly scratchBytes?: number;
}

export function declare(
  role: Role,
  name: string,
  size: ExtentLike,
  options: { readonly dtype?: StorageType; readonly layout?: Layout } = {},
): BufferDeclaration {
  const { dtype = 'f32', layout = { kind: 'plain' } } = options;
  const source = role === 'temporary' ? {} : { source: `${name}.source` };
  return { name, role, dtype, size: extent(size), layout, shape: `[${extent(size).key}]`, ...source };
}

export function stepOf(name: string, buffers: readonly BufferDeclaration[], kernels: readonly HandWritten[]): Step {
  const kernelOf = ({ name: kernel, size, reads, write }: HandWritten): Kernel => {
    const i = axis('i', size);
    const writes = reads.map((buffer) => ({ buffer: write, offset: i, value: read(buffer, i) }));
    return { kind: 'map', name: kernel, comment: [], axes: [i], writes };
  };
  return { name, sizes: [{ name: 'N', max: 1 << 24 }], buffers, kernels: kernels.map(kernelOf) };
}

const sizeInCode = (size: Extent): string => (size.key === symbol('N').key ? 'N' : size.key);

function printKernel({ name, size, per, reads, write, body }: HandWritten): string {
  const buffers = [...new Set([...reads, write])];
  const pointers = buffers.map((buffer, index) => `  const ${buffer} = <usize>load<u32>(args, ${4 * index});`);
  return `export function ${name}(args: usize, tile: i32, scratch: usize): void {
${pointers.join('\n')}
  const N = load<i32>(args, ${4 * buffers.length});
  const end = min((tile + 1) * ${per}, ${sizeInCode(extent(size))});
  for (let i = tile * ${per}; i < end; i++) {
    const at = <usize>i << 2;
    ${body}
  }
}`;
}

/** A printer that knows these kernels. */
export function printerOf(kernels: readonly HandWritten[]): () => AssemblyModule {
  return () => ({
    source: kernels.map(printKernel).join('\n\n'),
    kernels: kernels.map(
      ({ name, size, per, reads, write, scratchBytes = 0 }): PrintedAssembly => ({
        kernel: name,
        entry: name,
        variant: 'by hand',
        tiles: [{ extent: extent(size), per }],
        buffers: [...new Set([...reads, write])],
        scratchBytes,
      }),
    ),
  });
}

const N = symbol('N');

/** t = x · w; y = t + 1 (through scratch memory), s = s + t: a parameter, a state, a temporary, two tiles sizes. */
export const affineKernels: readonly HandWritten[] = [
  {
    name: 'scale',
    size: N,
    per: 16,
    reads: ['x', 'w'],
    write: 't',
    body: 'store<f32>(t + at, load<f32>(x + at) * load<f32>(w + at));',
  },
  {
    name: 'shift',
    size: N,
    per: 7,
    reads: ['t'],
    write: 'y',
    scratchBytes: 100,
    body: 'store<f32>(scratch, load<f32>(t + at) + 1, 96); store<f32>(y + at, load<f32>(scratch, 96));',
  },
  {
    name: 'collect',
    size: N,
    per: 1000,
    reads: ['s', 't'],
    write: 's',
    body: 'store<f32>(s + at, load<f32>(s + at) + load<f32>(t + at));',
  },
];

export const affine = stepOf(
  'affine',
  [
    declare('input', 'x', N),
    declare('parameter', 'w', 64),
    declare('state', 's', N),
    declare('temporary', 't', N),
    declare('output', 'y', N),
  ],
  affineKernels,
);

/** `count` kernels in a row, each of `tiles` tiles that do next to nothing: what a run costs in itself. */
export function chain(count: number, tiles: number): { readonly step: Step; readonly print: () => AssemblyModule } {
  const names = ['x', ...Array.from({ length: count - 1 }, (_, index) => `t${index}`), 'y'];
  const kernels = names.slice(1).map((write, index): HandWritten => {
    const from = names[index]!;
    const body = `store<f32>(${write} + at, load<f32>(${from} + at) + 1);`;
    return { name: `link_${index}`, size: tiles, per: 1, reads: [from], write, body };
  });
  const roles = (name: string): Role => (name === 'x' ? 'input' : name === 'y' ? 'output' : 'temporary');
  const step = stepOf(
    'chain',
    names.map((name) => declare(roles(name), name, tiles)),
    kernels,
  );
  return { step, print: printerOf(kernels) };
}

/** Where tests keep compiled kernels, apart from the user's own. */
export const cacheDirectory = join(repositoryRoot, '.cache', 'mmgem');

/** A host for one executor of a test. */
export function testHost(): WasmHost {
  return createNodeWasmHost({ cache: new DiskCache({ directory: cacheDirectory }) });
}

/** An executor for these kernels; the baseline build unless told. */
export function open(kernels: readonly HandWritten[], options: Partial<WasmOptions> = {}): Promise<Executor> {
  return createWasmExecutor(testHost(), { print: printerOf(kernels), simd: 'baseline', ...options });
}

/** 0, ¼, ½ … */
export function ramp(length: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => index / 4);
}
