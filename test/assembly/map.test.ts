import { suite } from 'uvu';
import type { StorageType } from '../../dsl/dtype.ts';
import { addExtents, type Extent, multiplyExtents, productOfExtents, symbol } from '../../dsl/extent.ts';
import { type Axis, apply, axis, constant, loop, read, type Scalar, whole } from '../../dsl/scalar.ts';
import type { BufferDeclaration, MapKernel, Write } from '../../kernels/ir.ts';
import type { RunOptions } from '../support/assembly.ts';
import { buffer, noise, on, step } from '../support/build-step.ts';
import { agrees } from '../support/compare.ts';

const map = suite('assembly map');

const [B, T, W, N] = ['B', 'T', 'W', 'N'].map(symbol) as [Extent, Extent, Extent, Extent];
const [b, t, w, i] = [axis('B', B), axis('T', T), axis('W', W), axis('N', N)];
const symbols = ['B', 'T', 'W', 'N'];

/** Row-major: of indices and the extents that they run over. */
function at(...parts: readonly (readonly [Scalar, Extent | number])[]): Scalar {
  return parts.reduce<Scalar>((sum, [index, extent]) => on('add', on('mul', sum, whole(extent)), index), whole(0));
}

const kernel = (name: string, axes: readonly Axis[], ...writes: readonly Write[]): MapKernel => ({
  kind: 'map',
  name,
  comment: [name],
  axes,
  writes,
});
const write = (to: string, offset: Scalar, value: Scalar): Write => ({ buffer: to, offset, value });

/** All builds, and each way to print a map. */
const ways: readonly RunOptions[] = [
  { simd: 'baseline' },
  { simd: 'relaxed', force: { map: 'scalar' } },
  { simd: 'wide' },
];

const whereabouts = at([b, B], [t, T], [w, W]);
const BTW = productOfExtents([B, T, W]);
const volume = (sizes: Record<string, number>): number => sizes.B! * sizes.T! * sizes.W!;
const shapes = [
  { B: 1, T: 1, W: 1, N: 1 },
  { B: 2, T: 3, W: 5, N: 1 },
  { B: 3, T: 2, W: 64, N: 1 },
  { B: 1, T: 7, W: 129, N: 1 },
  { B: 2, T: 1, W: 8200, N: 1 },
];

function gelu(x: Scalar): Scalar {
  return on('mul', on('mul', x, 0.5), on('add', 1, on('erf', on('mul', x, Math.SQRT1_2))));
}

map('elementwise, at lengths around vectors and tiles', async () => {
  const x = read('x', i);
  const silu = on('mul', x, on('sigmoid', x));
  const built = step(
    [buffer('x', 'input', N), buffer('y', 'output', N), buffer('z', 'output', N)],
    [kernel('gelu', [i], write('y', i, gelu(on('add', x, 1)))), kernel('silu', [i], write('z', i, silu))],
    symbols,
  );
  for (const way of ways) {
    for (const size of [1, 2, 3, 4, 5, 7, 15, 16, 17, 31, 33, 4095, 4097, 16383, 16384, 16385, 20011])
      await agrees(built, { x: noise(size, 4) }, { B: 1, T: 1, W: 1, N: size }, way);
  }
});

map('broadcasts, and what changes only with outer axes', async () => {
  const x = read('x', whereabouts);
  const shifted = on('add', on('mul', x, read('scale', at([b, B], [t, T]))), read('bias', w));
  const built = step(
    [
      buffer('x', 'input', BTW),
      buffer('scale', 'input', multiplyExtents(B, T)),
      buffer('bias', 'parameter', W),
      buffer('y', 'output', BTW),
    ],
    [kernel('affine', [b, t, w], write('y', whereabouts, on('tanh', shifted)))],
    symbols,
  );
  for (const way of ways) {
    for (const sizes of shapes) {
      const contents = { x: noise(volume(sizes)), scale: noise(sizes.B * sizes.T, 1, 2), bias: noise(sizes.W, 1, 3) };
      await agrees(built, contents, sizes, way);
    }
  }
});

map('every storage type, read and written', async () => {
  const types: readonly StorageType[] = ['f32', 'f16', 'bf16'];
  const buffers: BufferDeclaration[] = [];
  const kernels: MapKernel[] = [];
  for (const from of types) {
    buffers.push(buffer(`x_${from}`, 'input', N, from));
    for (const to of types) {
      buffers.push(buffer(`y_${from}_${to}`, 'output', N, to));
      kernels.push(
        kernel(`convert_${from}_${to}`, [i], write(`y_${from}_${to}`, i, on('mul', read(`x_${from}`, i), 1.5))),
      );
    }
  }
  buffers.push(buffer('n', 'input', N, 'i32'), buffer('u', 'input', N, 'u32'));
  for (const [name, type] of [
    ['m', 'i32'],
    ['v', 'u32'],
    ['f', 'f32'],
    ['h', 'bf16'],
    ['o', 'i32'],
  ] as const)
    buffers.push(buffer(name, 'output', N, type));
  const [n, u] = [read('n', i, 'i32'), read('u', i, 'i32')];
  kernels.push(
    kernel('whole', [i], write('m', i, on('max', on('add', n, i), on('mul', u, 2)))),
    kernel('unsigned', [i], write('v', i, on('abs', n))),
    kernel('toFloat', [i], write('f', i, on('mul', apply('toFloat', n), 0.5))),
    kernel('lessOrNot', [i], write('h', i, apply('less', n, u))),
    kernel('toInt', [i], write('o', i, apply('toInt', on('mul', read('x_f32', i), 7)))),
  );
  const built = step(buffers, kernels, symbols);
  for (const way of ways) {
    for (const size of [1, 7, 37]) {
      const contents = Object.fromEntries(types.map((type, j) => [`x_${type}`, noise(size, 100, j + 1)]));
      const integers = {
        n: noise(size, 50, 4).map(Math.round),
        u: noise(size, 50, 5).map((v) => Math.abs(Math.round(v))),
      };
      await agrees(built, { ...contents, ...integers }, { B: 1, T: 1, W: 1, N: size }, way);
    }
  }
});

// ---------------------------------------------------------------- choices

map('concatenation along the innermost axis never reads beyond its parts', async () => {
  const both = addExtents(W, N);
  const c = axis('C', both);
  const left = read('a', at([t, T], [c, W]));
  const right = read('b', at([t, T], [on('sub', c, whole(W)), N]));
  const joined = apply('where', on('less', c, whole(W)), left, right);
  const built = step(
    [
      buffer('a', 'input', multiplyExtents(T, W)),
      buffer('b', 'input', multiplyExtents(T, N)),
      buffer('y', 'output', multiplyExtents(T, both)),
    ],
    [kernel('concat', [t, c], write('y', at([t, T], [c, both]), on('add', joined, 1)))],
    symbols,
  );
  for (const way of ways) {
    for (const sizes of [
      { B: 1, T: 1, W: 1, N: 1 },
      { B: 1, T: 3, W: 5, N: 9 },
      { B: 1, T: 2, W: 64, N: 3 },
      { B: 1, T: 5, W: 100, N: 8192 },
    ]) {
      const contents = { a: noise(sizes.T * sizes.W), b: noise(sizes.T * sizes.N, 1, 2) };
      for (const last of ['a', 'b']) await agrees(built, contents, sizes, { ...way, last });
    }
  }
});

map('concatenation along an outer axis, padding, and both at once', async () => {
  const total = addExtents(T, B);
  const s = axis('S', total);
  const joined = apply(
    'where',
    on('less', s, whole(T)),
    read('a', at([s, T], [w, W])),
    read('b', at([on('sub', s, whole(T)), B], [w, W])),
  );
  const wide = addExtents(W, 7);
  const p = axis('P', wide);
  const inside = apply('and', on('lessEqual', 3, p), on('less', p, whole(addExtents(W, 3))));
  const padded = apply('where', inside, read('a', at([t, T], [on('sub', p, 3), W])), constant(-2));
  const built = step(
    [
      buffer('a', 'input', multiplyExtents(T, W)),
      buffer('b', 'input', multiplyExtents(B, W)),
      buffer('y', 'output', multiplyExtents(total, W)),
      buffer('z', 'output', multiplyExtents(T, wide)),
    ],
    [
      kernel('concat', [s, w], write('y', at([s, total], [w, W]), on('exp', joined))),
      kernel('pad', [t, p], write('z', at([t, T], [p, wide]), on('mul', padded, on('add', padded, 1)))),
    ],
    symbols,
  );
  for (const way of ways) {
    for (const sizes of shapes.slice(0, 4)) {
      const contents = { a: noise(sizes.T * sizes.W), b: noise(sizes.B * sizes.W, 1, 2) };
      for (const last of ['a', 'b']) await agrees(built, contents, sizes, { ...way, last });
    }
  }
});

map('choices by data: only the chosen side is read', async () => {
  const [n, x] = [read('n', i, 'i32'), read('x', i)];
  const gathered = read('table', n);
  const chosen = apply('where', on('lessEqual', 0, n), gathered, on('neg', x));
  const byRow = apply(
    'where',
    on('less', read('n', t, 'i32'), 0),
    constant(5),
    read('table', on('add', read('n', t, 'i32'), on('mul', w, 0))),
  );
  const built = step(
    [
      buffer('n', 'input', N, 'i32'),
      buffer('x', 'input', N),
      buffer('table', 'parameter', 10),
      buffer('y', 'output', N),
      buffer('z', 'output', N),
      buffer('m', 'output', multiplyExtents(T, W)),
    ],
    [
      kernel('choose', [i], write('y', i, on('add', chosen, x))),
      kernel(
        'mask',
        [i],
        write('z', i, apply('where', on('less', x, 0), constant(Number.NEGATIVE_INFINITY), on('sqrt', x))),
      ),
      kernel('rows', [t, w], write('m', at([t, T], [w, W]), byRow)),
    ],
    symbols,
  );
  const far = 1 << 28;
  for (const way of ways) {
    for (const size of [3, 8, 41]) {
      const n = noise(size, 10, 7).map((v) => (v < 0 ? -far : Math.floor(v)));
      await agrees(
        built,
        { n, x: noise(size), table: noise(10, 3, 2) },
        { B: 1, T: size, W: 6, N: size },
        { ...way, last: 'table' },
      );
    }
  }
});

// ---------------------------------------------------------------- movement

map('transposition, reversal, strides and gathers', async () => {
  const transposed = read('x', at([w, W], [t, T]));
  const reversed = read('x', on('sub', whole(addExtents(multiplyExtents(T, W), -1)), at([t, T], [w, W])));
  const everyOther = read('twice', on('mul', at([t, T], [w, W]), 2));
  const embedded = read('x', at([read('n', t, 'i32'), T], [w, W]));
  const split = on('quotient', at([t, T], [w, W]), 3);
  const whereTo = at([t, T], [w, W]);
  const size = multiplyExtents(T, W);
  const outputs = ['transposed', 'reversed', 'strided', 'embedded', 'split', 'scattered'];
  const built = step(
    [
      buffer('x', 'input', size),
      buffer('twice', 'input', multiplyExtents(size, 2)),
      buffer('n', 'input', T, 'i32'),
      ...outputs.map((name) => buffer(`y_${name}`, 'output', size)),
    ],
    [
      kernel('transposed', [t, w], write('y_transposed', whereTo, transposed)),
      kernel('reversed', [t, w], write('y_reversed', whereTo, on('exp', reversed))),
      kernel('strided', [t, w], write('y_strided', whereTo, on('log', on('abs', everyOther)))),
      kernel('embedded', [t, w], write('y_embedded', whereTo, embedded)),
      kernel(
        'split',
        [t, w],
        write('y_split', whereTo, on('mul', apply('toFloat', split), on('sin', read('x', whereTo)))),
      ),
      kernel('scattered', [t, w], write('y_scattered', at([w, W], [t, T]), on('exp', read('x', whereTo)))),
    ],
    symbols,
  );
  for (const way of ways) {
    for (const sizes of shapes.slice(0, 4)) {
      const elements = sizes.T * sizes.W;
      const n = noise(sizes.T, sizes.T, 5).map((v) => Math.floor(Math.abs(v)));
      await agrees(built, { x: noise(elements), twice: noise(2 * elements, 1, 2), n }, sizes, {
        ...way,
        last: 'twice',
      });
    }
  }
});

map('writes whose neighbours lie neither side by side nor a fixed stride apart', async () => {
  const value = on('exp', read('x', at([t, T], [w, W])));
  const groups = at([on('quotient', w, 3), T], [t, T], [on('remainder', w, 3), 3]);
  const size = multiplyExtents(T, addExtents(W, 2));
  const built = step(
    [
      buffer('x', 'input', multiplyExtents(T, W)),
      buffer('order', 'input', W, 'i32'),
      ...['ordered', 'grouped', 'halved'].map((name) =>
        buffer(name, 'state', size, name === 'halved' ? 'bf16' : 'f32'),
      ),
    ],
    [
      kernel('ordered', [t, w], write('ordered', at([t, T], [read('order', w, 'i32'), W]), value)),
      kernel('grouped', [t, w], write('grouped', groups, value), write('halved', groups, on('neg', value))),
    ],
    symbols,
  );
  for (const way of ways) {
    for (const sizes of shapes.slice(0, 4)) {
      const order = Array.from({ length: sizes.W }, (_, i) => (i * 7 + 2) % sizes.W);
      await agrees(built, { x: noise(sizes.T * sizes.W), order }, sizes, way);
    }
  }
});

// ---------------------------------------------------------------- loops

map('loops: fixed, long, counted by data, within each other', async () => {
  const k = axis('k', T);
  const column = loop('sum', k, whole(T), read('x', at([k, T], [w, W])));
  const largest = loop('max', k, whole(T), on('mul', read('x', at([k, T], [w, W])), 2));
  const some = loop('sum', k, read('n', w, 'i32'), read('x', at([k, T], [w, W])));
  const alike = loop('sum', k, read('n', whole(0), 'i32'), read('x', at([k, T], [w, W])));
  const j = axis('j', 3);
  const nested = loop(
    'sum',
    j,
    whole(3),
    on('add', apply('toFloat', j), loop('sum', k, on('add', j, 1), on('mul', read('x', w), apply('toFloat', k)))),
  );
  const names = { column, largest, some, alike, nested };
  const built = step(
    [
      buffer('x', 'input', multiplyExtents(T, W)),
      buffer('n', 'input', W, 'i32'),
      ...Object.keys(names).map((name) => buffer(`y_${name}`, 'output', W)),
    ],
    Object.entries(names).map(([name, value]) => kernel(name, [w], write(`y_${name}`, w, on('mul', value, 0.5)))),
    symbols,
  );
  for (const way of [...ways, { simd: 'relaxed', force: { map: 'costlyScalar' } } as const]) {
    for (const sizes of [...shapes.slice(0, 4), { B: 1, T: 1000, W: 9, N: 1 }]) {
      const n = noise(sizes.W, sizes.T + 1, 3).map((v) => Math.min(sizes.T, Math.floor(Math.abs(v))));
      await agrees(built, { x: noise(sizes.T * sizes.W), n }, sizes, { ...way, last: 'x' });
    }
  }
});

// ---------------------------------------------------------------- writes

map('states are changed in place, several at once', async () => {
  const [p, m, g] = [read('p', i), read('m', i), read('g', i)];
  const momentum = on('add', on('mul', m, 0.9), g);
  const update = kernel(
    'update',
    [i],
    write('m', i, momentum),
    write('p', i, on('sub', p, on('mul', on('add', momentum, m), 0.1))),
  );
  const built = step([buffer('p', 'state', N), buffer('m', 'state', N), buffer('g', 'input', N)], [update], symbols);
  for (const way of ways)
    for (const size of [1, 6, 4099])
      await agrees(
        built,
        { p: noise(size), m: noise(size, 1, 2), g: noise(size, 1, 3) },
        { B: 1, T: 1, W: 1, N: size },
        way,
      );
});

map('a write that an axis does not move happens once', async () => {
  const x = read('x', whereabouts);
  const first = read('x', at([b, B], [t, T], [whole(0), W]));
  const some = kernel(
    'some',
    [b, t, w],
    write('y', whereabouts, on('add', x, 1)),
    write('row', at([b, B], [t, T]), first),
    write('column', w, read('x', w)),
    write('one', whole(0), read('x', whole(0))),
  );
  const built = step(
    [
      buffer('x', 'input', BTW),
      buffer('y', 'output', BTW),
      buffer('row', 'output', multiplyExtents(B, T)),
      buffer('column', 'output', W),
      buffer('one', 'output', 1),
    ],
    [some, kernel('point', [], write('one', whole(0), on('mul', read('one', whole(0)), 3)))],
    symbols,
  );
  for (const way of ways) for (const sizes of shapes) await agrees(built, { x: noise(volume(sizes)) }, sizes, way);
});

// ---------------------------------------------------------------- anything

/** A random expression over what the arguments hold; the same for the same seed. */
function randomScalar(seed: number): Scalar {
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 16) % below;
  };
  const floats: Scalar[] = [
    read('x', whereabouts),
    read('bias', w),
    read('scale', at([b, B], [t, T])),
    constant(0.75),
    apply('toFloat', w),
    read('x', at([b, B], [t, T], [on('sub', whole(addExtents(W, -1)), w), W])),
  ];
  const wholes: Scalar[] = [
    w,
    t,
    on('add', w, on('mul', t, 2)),
    on('remainder', on('add', w, t), 3),
    on('quotient', w, 2),
    apply('toInt', on('mul', read('bias', w), 3)),
  ];
  const tests: Scalar[] = [
    on('less', w, t),
    on('less', read('x', whereabouts), 0),
    on('equal', on('remainder', w, 2), 0),
    on('lessEqual', t, 1),
  ];
  const pick = (from: readonly Scalar[]): Scalar => from[next(from.length)]!;
  for (let k = 0; k < 14; k++) {
    const binary = (['add', 'sub', 'mul', 'max', 'min'] as const)[next(5)]!;
    const unary = (['tanh', 'sigmoid', 'sin', 'neg', 'abs', 'floor', 'ceil', 'cos', 'erf'] as const)[next(9)]!;
    const kind = next(6);
    if (kind < 2) floats.push(apply(binary, pick(floats), pick(floats)));
    else if (kind === 2)
      floats.push(apply(unary === 'floor' || unary === 'ceil' ? 'tanh' : unary, apply('tanh', pick(floats))));
    else if (kind === 3) floats.push(apply('where', pick(tests), pick(floats), pick(floats)));
    else if (kind === 4)
      wholes.push(apply((['add', 'max', 'min', 'sub'] as const)[next(4)]!, pick(wholes), pick(wholes)));
    else
      tests.push(
        next(2)
          ? apply((['and', 'or'] as const)[next(2)]!, pick(tests), apply('not', pick(tests)))
          : apply('less', pick(wholes), pick(wholes)),
      );
  }
  const sum = floats.slice(-5).reduce((a, x) => apply('add', a, apply('tanh', x)));
  return apply('add', sum, apply('where', tests.at(-1)!, apply('toFloat', wholes.at(-1)!), constant(0)));
}

map('random expressions', async () => {
  const count = 12;
  const built = step(
    [
      buffer('x', 'input', BTW),
      buffer('scale', 'input', multiplyExtents(B, T)),
      buffer('bias', 'parameter', W),
      ...Array.from({ length: count }, (_, n) => buffer(`y${n}`, 'output', BTW)),
    ],
    Array.from({ length: count }, (_, n) =>
      kernel(`random${n}`, [b, t, w], write(`y${n}`, whereabouts, randomScalar(n + 1))),
    ),
    symbols,
  );
  for (const way of [
    { simd: 'baseline', force: { map: 'vector' } },
    { simd: 'relaxed', force: { map: 'scalar' } },
    { simd: 'wide' },
  ] as const) {
    for (const sizes of shapes.slice(0, 4)) {
      const contents = { x: noise(volume(sizes)), scale: noise(sizes.B * sizes.T, 1, 2), bias: noise(sizes.W, 1, 3) };
      await agrees(built, contents, sizes, way);
    }
  }
});

map.run();
