import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluateExtent } from '../../dsl/extent.ts';
import type { Step } from '../../kernels/ir.ts';
import { buffersOf } from '../../kernels/operands.ts';
import { outlineOf } from '../../kernels/outline.ts';
import { lifetimes } from '../../runtime/lifetimes.ts';
import { type ArenaPlan, type BufferPlan, planArena, planBuffers } from '../../runtime/memory.ts';
import { elementwiseChain, randomStep, seeded, stepOf, transformer } from './memory-steps.ts';

const test = suite('memory');

const bytesOf = (step: Step, name: string): number =>
  4 * evaluateExtent(step.buffers.find((buffer) => buffer.name === name)!.size, {});

/** Names of what is alive before the first kernel, while each runs, and after the last, found without `lifetimes`. */
function moments(step: Step): { readonly kernel: number; readonly names: readonly string[] }[] {
  const uses = step.kernels.map((kernel) => new Set(buffersOf(kernel)));
  const spans = step.buffers.map(({ name, role }) => {
    const used = uses.flatMap((names, at) => (names.has(name) ? [at] : []));
    const first = role === 'input' ? -1 : used[0];
    return { name, first: first ?? uses.length + 1, last: role === 'output' ? uses.length : (used.at(-1) ?? -1) };
  });
  return Array.from({ length: uses.length + 2 }, (_, index) => index - 1).map((kernel) => ({
    kernel,
    names: spans.filter(({ first, last }) => first <= kernel && kernel <= last).map(({ name }) => name),
  }));
}

function assertApart(step: Step, { offsets, bytes }: ArenaPlan): void {
  for (const { kernel, names } of moments(step)) {
    const ranges = names.map((name) => ({ name, from: offsets.get(name)!, size: bytesOf(step, name) }));
    ranges.sort((a, b) => a.from - b.from);
    ranges.forEach(({ name, from, size }, i) => {
      assert.ok(from >= 0 && from % 64 === 0 && from + size <= bytes, `${name} lies in the arena`);
      const next = ranges[i + 1];
      assert.ok(!next || from + size <= next.from, `${name} and ${next?.name} overlap at kernel ${kernel}`);
    });
  }
}

function assertSlots(step: Step, { placements, slots }: BufferPlan): void {
  for (const { kernel, names } of moments(step)) {
    const used = names.map((name) => placements.get(name)!.slot);
    assert.is(new Set(used).size, used.length, `slots of ${names} at kernel ${kernel}`);
    for (const name of names) assert.ok(slots[placements.get(name)!.slot]!.bytes >= Math.max(256, bytesOf(step, name)));
  }
  for (const { bytes } of slots) assert.is(bytes % 256, 0);
}

test('lifetimes reach from the first writer to the last reader', () => {
  const step = stepOf({ x: 1, t: 1, u: 1, y: 1, unused: 1 }, { x: 'input', y: 'output' }, [
    { reads: ['x'], writes: ['t'] },
    { reads: ['t'], writes: ['y'] },
    { reads: ['x', 't'], writes: ['u'] },
  ]);
  assert.equal(Object.fromEntries(lifetimes(outlineOf(step))), {
    x: { first: -1, last: 2 },
    t: { first: 0, last: 2 },
    y: { first: 1, last: 3 },
    u: { first: 2, last: 2 },
  });
});

test('what is read before it is written, or never written, is an error', () => {
  const early = stepOf({ t: 1, y: 1 }, { y: 'output' }, [{ reads: ['t'], writes: ['y'] }]);
  assert.throws(
    () => planArena(outlineOf(early), {}),
    /step planned: kernel kernel_0 reads t, which nothing has written yet/,
  );
  const missing = stepOf({ x: 1, y: 1 }, { x: 'input', y: 'output' }, [{ reads: ['x'], writes: [] }]);
  assert.throws(() => planBuffers(outlineOf(missing), {}), /no kernel writes its output y/);
});

test('random steps: nothing that is alive together overlaps, and the bound is a bound', () => {
  const random = seeded(1);
  for (let i = 0; i < 300; i++) {
    const step = randomStep(1 + Math.floor(random() * 40), random);
    const [arena, buffers] = [planArena(outlineOf(step), {}), planBuffers(outlineOf(step), {})];
    assertApart(step, arena);
    assertSlots(step, buffers);
    for (const { summary } of [arena, buffers]) assert.ok(summary.peak >= summary.lowerBound);
    const loads = moments(step).map(({ names }) =>
      names.reduce((sum, name) => sum + Math.max(64, Math.ceil(bytesOf(step, name) / 64) * 64), 0),
    );
    assert.is(arena.summary.lowerBound, Math.max(...loads));
  }
});

test('random steps: the arena stays within 15 % of the bound, on average within 1 %', () => {
  const random = seeded(2);
  const ratios = Array.from({ length: 200 }, () => {
    const { summary } = planArena(outlineOf(randomStep(60, random)), {});
    return summary.peak / summary.lowerBound;
  });
  assert.ok(Math.max(...ratios) <= 1.15, `worst ratio ${Math.max(...ratios)}`);
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  assert.ok(mean <= 1.01, `mean ratio ${mean}`);
});

test('transformers need no more than the bound, slots a fifth more at most', () => {
  for (const [blocks, tokens, width, hidden] of [
    [1, 197, 768, 3072],
    [12, 197, 768, 3072],
    [22, 77, 2048, 5632],
    [5, 13, 52, 100],
  ] as const) {
    const step = transformer(blocks, tokens, width, hidden);
    const arena = planArena(outlineOf(step), {}).summary;
    assert.is(arena.peak, arena.lowerBound);
    const slots = planBuffers(outlineOf(step), {}).summary;
    assert.ok(slots.peak <= 1.2 * slots.lowerBound, `${slots.peak} of ${slots.lowerBound} bytes`);
  }
});

test('the same sizes give the same plan', () => {
  const step = randomStep(50, seeded(3));
  assert.equal([...planArena(outlineOf(step), {}).offsets], [...planArena(outlineOf(step), {}).offsets]);
  assert.equal([...planBuffers(outlineOf(step), {}).placements], [...planBuffers(outlineOf(step), {}).placements]);
});

test('in place: only where an element depends on the same element alone', () => {
  const plan = planArena(outlineOf(elementwiseChain()), { N: 100 }, 64, { inPlace: true });
  const [x, y, z, w] = [...'xyzw'].map((name) => plan.offsets.get(name)!);
  assert.is(x, y);
  assert.is(y, z);
  assert.is.not(z, w);
  assert.is(plan.bytes, 2 * 448);
  const apart = planArena(outlineOf(elementwiseChain()), { N: 100 });
  assert.is.not(apart.offsets.get('x'), apart.offsets.get('y'));
});

test('500 kernels are planned in milliseconds', () => {
  const steps = [transformer(72, 50, 64), randomStep(500, seeded(4))].map(outlineOf);
  const rounds = Array.from({ length: 5 }, () => {
    const started = performance.now();
    for (const step of steps) {
      planArena(step, {});
      planBuffers(step, {});
    }
    return (performance.now() - started) / 4;
  });
  const milliseconds = Math.min(...rounds);
  console.log(`a plan of 500 kernels takes ${milliseconds.toFixed(1)} ms`);
  assert.ok(milliseconds < 200, `${milliseconds} ms a plan`);
});

test.run();
