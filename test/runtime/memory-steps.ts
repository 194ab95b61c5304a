/** Steps for the planner's tests. What the kernels compute is of no interest; what they read and write is. */
import { extent, symbol } from '../../dsl/extent.ts';
import { apply, axis, constant, read, whole } from '../../dsl/scalar.ts';
import type { BufferDeclaration, Kernel, Role, Step } from '../../kernels/ir.ts';

export interface Use {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

function declare(name: string, role: Role, elements: number): BufferDeclaration {
  const size = extent(elements);
  return { name, role, dtype: 'f32', size, layout: { kind: 'plain' }, shape: `[${elements}]` };
}

/** A step of kernels that read the first element of some buffers and write the first of others. */
export function stepOf(elements: Readonly<Record<string, number>>, roles: Record<string, Role>, uses: readonly Use[]) {
  const kernels = uses.map(({ reads, writes }, index): Kernel => {
    const value = reads.reduce((sum, name) => apply('add', sum, read(name, whole(0))), apply('exp', constant(index)));
    const name = `kernel_${index}`;
    return {
      kind: 'map',
      name,
      comment: [],
      axes: [],
      writes: writes.map((buffer) => ({ buffer, offset: whole(0), value })),
    };
  });
  const buffers = Object.entries(elements).map(([name, count]) => declare(name, roles[name] ?? 'temporary', count));
  return { name: 'planned', sizes: [], buffers, kernels } satisfies Step;
}

/** Blocks of a transformer: norm, qkv, attention, projection + residual, norm, two linear layers + residual. */
export function transformer(blocks: number, tokens: number, width: number, hidden = 4 * width): Step {
  const elements: Record<string, number> = { x0: tokens * width };
  const uses: Use[] = [];
  const add = (name: string, size: number, ...reads: string[]): string => {
    elements[name] = tokens * size;
    uses.push({ reads, writes: [name] });
    return name;
  };
  let x = 'x0';
  for (let i = 0; i < blocks; i++) {
    const attended = add(`attended${i}`, width, add(`qkv${i}`, 3 * width, add(`norm${i}`, width, x)));
    const y = add(`y${i}`, width, attended, x);
    x = add(`x${i + 1}`, width, add(`hidden${i}`, hidden, add(`normed${i}`, width, y)), y);
  }
  return stepOf(elements, { x0: 'input', [x]: 'output' }, uses);
}

/** Any graph: every kernel reads a few of the buffers before it, mostly recent ones. */
export function randomStep(kernels: number, random: () => number): Step {
  const elements: Record<string, number> = {};
  const roles: Record<string, Role> = {};
  const names: string[] = [];
  const add = (role: Role): string => {
    const name = `b${names.length}`;
    elements[name] = random() < 0.05 ? 0 : Math.ceil(2 ** (random() * 14));
    roles[name] = role;
    names.push(name);
    return name;
  };
  for (let i = 0; i < 3; i++) add('input');
  const uses = Array.from({ length: kernels }, (): Use => {
    const reads = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
      const back = random() < 0.9 ? Math.floor(random() * 6) : Math.floor(random() * names.length);
      return names[Math.max(0, names.length - 1 - back)]!;
    });
    const writes = Array.from({ length: random() < 0.2 ? 2 : 1 }, () => add(random() < 0.05 ? 'output' : 'temporary'));
    return { reads, writes };
  });
  return stepOf(elements, roles, uses);
}

/** y = x + x, then z = exp(y), then the output from z's neighbour: only the second may happen in place. */
export function elementwiseChain(): Step {
  const [i, N] = [axis('i', symbol('N')), symbol('N')];
  const map = (name: string, from: string, to: string, offset = apply('add', i, whole(0))): Kernel => ({
    kind: 'map',
    name,
    comment: [],
    axes: [i],
    writes: [{ buffer: to, offset: i, value: apply('exp', read(from, offset)) }],
  });
  const buffers = (['input', 'temporary', 'temporary', 'output'] as const).map((role, index) => ({
    ...declare('xyzw'[index]!, role, 0),
    size: N,
  }));
  const reversed = apply('sub', apply('sub', whole(N), i), whole(1));
  const kernels = [map('first', 'x', 'y'), map('second', 'y', 'z'), map('third', 'z', 'w', reversed)];
  return { name: 'chain', sizes: [{ name: 'N' }], buffers, kernels };
}

/** Numbers in [0, 1) that a seed determines. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
