/** Small steps for the executor's tests, with WGSL written by hand: what is tested is how they run, not how they are printed. */
import { type StorageType, storageTypes } from '../../dsl/dtype.ts';
import { type ExtentLike, extent, symbol } from '../../dsl/extent.ts';
import { apply, axis, constant, read, type Scalar } from '../../dsl/scalar.ts';
import type { BufferDeclaration, Kernel, Role, Step } from '../../kernels/ir.ts';
import type { PrintedWgsl } from '../../kernels/printed.ts';
import type { WgslStepPrinter } from '../../runtime/webgpu/executor.ts';

const threads = 64;

/** A step and the WGSL of its kernels. */
export interface HandWritten {
  readonly step: Step;
  readonly print: WgslStepPrinter;
}

export function declare(role: Role, name: string, size: ExtentLike, dtype: StorageType = 'f32'): BufferDeclaration {
  const named = role === 'temporary' ? {} : { source: `${name}.source` };
  return { name, role, dtype, size: extent(size), layout: { kind: 'plain' }, shape: `[${extent(size).key}]`, ...named };
}

/** An elementwise kernel over `size` elements: its meaning for the oracle, its body in WGSL for the device. */
interface Elementwise {
  readonly name: string;
  readonly size: ExtentLike;
  readonly reads: readonly string[];
  readonly write: string;
  /** The meaning, of the elements read at the index. */
  meaning(...elements: readonly Scalar[]): Scalar;
  /** Statements that set `result`, with the index `i` and the buffers by name. */
  readonly body: string;
  readonly threads?: number;
}

function kernelOf({ name, size, reads, write, meaning }: Elementwise): Kernel {
  const i = axis('i', size);
  const value = meaning(...reads.map((buffer) => read(buffer, i)));
  return { kind: 'map', name, comment: [name], axes: [i], writes: [{ buffer: write, offset: i, value }] };
}

const wgslTypes: Readonly<Record<StorageType, string>> = {
  f32: 'f32',
  i32: 'i32',
  u32: 'u32',
  f16: 'u32',
  bf16: 'u32',
};

function print(step: Step, { name, size, reads, write, body, threads: width = threads }: Elementwise): PrintedWgsl {
  const buffers = [...new Set([...reads, write])];
  const bindings = buffers.map((buffer) => ({
    buffer,
    access: buffer === write ? ('read_write' as const) : ('read' as const),
  }));
  const declarations = bindings.map(({ buffer, access }, binding) => {
    const { dtype } = step.buffers.find((declaration) => declaration.name === buffer)!;
    return `@group(0) @binding(${binding}) var<storage, ${access}> ${buffer}: array<${wgslTypes[dtype]}>;`;
  });
  const source = `// ${name} of ${step.name}
struct Sizes { ${step.sizes.map((s) => `${s.name}: i32,`).join(' ')} unused: i32 }
${declarations.join('\n')}
@group(0) @binding(${bindings.length}) var<uniform> sizes: Sizes;
@compute @workgroup_size(${width}) fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = i32((group.x + group.y * groups.x) * ${width}u + local);
  if (i >= ${wgslExtent(size)}) { return; }
  var result = ${wgslTypes[step.buffers.find((declaration) => declaration.name === write)!.dtype]}(0);
  ${body}
  ${write}[i] = result;
}
`;
  return { kernel: name, variant: 'by hand', source, bindings, workgroups: [{ extent: extent(size), per: width }] };
}

function wgslExtent(size: ExtentLike): string {
  const terms = extent(size).terms.map((term) =>
    [term.coefficient, ...term.symbols.map((s) => `sizes.${s}`)].join(' * '),
  );
  return terms.join(' + ') || '0';
}

export function handWritten(
  name: string,
  sizes: Step['sizes'],
  buffers: readonly BufferDeclaration[],
  kernels: readonly Elementwise[],
): HandWritten {
  const step: Step = { name, sizes, buffers, kernels: kernels.map(kernelOf) };
  return { step, print: () => kernels.map((kernel) => print(step, kernel)) };
}

const N = symbol('N');

/** y = x · w + 1 through a temporary, z = x · w beside it; N elements, w given for 1000. */
export const affine = handWritten(
  'affine',
  [{ name: 'N', max: 1000 }],
  [
    declare('input', 'x', N),
    declare('parameter', 'w', 1000),
    declare('temporary', 't', N),
    declare('output', 'y', N),
    declare('output', 'z', N),
  ],
  [
    {
      name: 'product',
      size: N,
      reads: ['x', 'w'],
      write: 't',
      meaning: (x, w) => apply('mul', x!, w!),
      body: 'result = x[i] * w[i];',
    },
    {
      name: 'plusOne',
      size: N,
      reads: ['t'],
      write: 'y',
      meaning: (t) => apply('add', t!, constant(1)),
      body: 'result = t[i] + 1.0;',
    },
    { name: 'copy', size: N, reads: ['t'], write: 'z', meaning: (t) => t!, body: 'result = t[i];' },
  ],
);

/** state ← state + x in place; its value comes out, too. */
export const accumulate = handWritten(
  'accumulate',
  [{ name: 'N' }],
  [declare('input', 'x', N), declare('state', 's', N), declare('output', 'y', N)],
  [
    {
      name: 'add',
      size: N,
      reads: ['s', 'x'],
      write: 's',
      meaning: (s, x) => apply('add', s!, x!),
      body: 'result = s[i] + x[i];',
    },
    { name: 'show', size: N, reads: ['s'], write: 'y', meaning: (s) => s!, body: 'result = s[i];' },
  ],
);

/** The same without an output: nothing to wait for but the end. */
export const silent = handWritten(
  'silent',
  [{ name: 'N' }],
  [declare('input', 'x', N), declare('state', 's', N)],
  [
    {
      name: 'add',
      size: N,
      reads: ['s', 'x'],
      write: 's',
      meaning: (s, x) => apply('add', s!, x!),
      body: 'result = s[i] + x[i];',
    },
  ],
);

/** y = 2 · x with one thread a workgroup: large N needs a folded grid. */
export const wideGrid = handWritten(
  'wideGrid',
  [{ name: 'N' }],
  [declare('input', 'x', N), declare('output', 'y', N)],
  [
    {
      name: 'twice',
      size: N,
      reads: ['x'],
      write: 'y',
      meaning: (x) => apply('mul', x!, constant(2)),
      body: 'result = x[i] * 2.0;',
      threads: 1,
    },
  ],
);

/** y = x as a two-byte type holds it, bit by bit, for `dtype` both ways: words of two elements are copied. */
export function storedAs(dtype: 'f16' | 'bf16', count: number): HandWritten {
  const words = Math.ceil((count * storageTypes[dtype].bytes) / 4);
  return handWritten(
    `stored_${dtype}`,
    [],
    [
      declare('input', 'x', count, dtype),
      declare('parameter', 'p', count, dtype),
      declare('output', 'y', count, dtype),
      declare('output', 'q', count, dtype),
    ],
    [
      { name: 'copyInput', size: words, reads: ['x'], write: 'y', meaning: (x) => x!, body: 'result = x[i];' },
      { name: 'copyParameter', size: words, reads: ['p'], write: 'q', meaning: (p) => p!, body: 'result = p[i];' },
    ],
  );
}

/** A step whose WGSL does not compile, in its 12th line. */
export const broken: HandWritten = handWritten(
  'broken',
  [{ name: 'N' }],
  [declare('input', 'x', N), declare('output', 'y', N)],
  [{ name: 'wrong', size: N, reads: ['x'], write: 'y', meaning: (x) => x!, body: 'result = x[i] + no_such_thing;' }],
);
