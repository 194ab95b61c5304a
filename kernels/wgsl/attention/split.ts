/**
 * Attention for few queries, as in decoding: a workgroup for each query, whose threads share out the keys to score them and
 * then the values, by columns and by keys, to add them up; what was split over keys is combined at the end.
 */
import type { AttentionKernel } from '../../ir.ts';
import type { TileCount } from '../../printed.ts';
import type { Body } from '../body.ts';
import { atom, bound, finiteFloat, level } from '../code.ts';
import { openGrid } from '../grid.ts';
import { reduceOverGroup, type Team } from '../reduce.ts';
import type { Scope } from '../scope.ts';
import { defineOperands, foursOf } from './operands.ts';
import { belowEveryScore } from './rows.ts';

interface Plan {
  readonly team: Team;
  readonly widthFours: number;
  readonly valueFours: number;
  /** Fours of the values' width that one thread adds up. */
  readonly columns: number;
  /** Threads that share the keys of one column among themselves. */
  readonly slices: number;
}

export const printAttentionSplit: Body<AttentionKernel> = (shader, kernel, { threads, subgroups }) => {
  const team: Team = { threads: threads!, rows: 1, subgroups: subgroups === 1 };
  const valueFours = foursOf(kernel.valueWidth)!;
  const plan: Plan = {
    team,
    widthFours: foursOf(kernel.width)!,
    valueFours,
    columns: Math.ceil(valueFours / team.threads),
    slices: Math.max(1, Math.floor(team.threads / valueFours)),
  };
  shader.workgroupArray('ownQuery', 'vec4<f32>', 16, plan.widthFours);
  shader.workgroupArray('weights', 'f32', 4, team.threads);
  if (plan.slices > 1) shader.workgroupArray('slices', 'vec4<f32>', 16, team.threads);
  defineOperands(shader, kernel);
  let workgroups: readonly TileCount[] = [];
  shader.main(team.threads, team.subgroups ? ['subgroup'] : [], (body) => {
    workgroups = openGrid(body, [
      { name: 'batch', extent: kernel.batch.extent, per: 1 },
      { name: 'head', extent: kernel.head.extent, per: 1 },
      { name: 'query', extent: kernel.query.extent, per: 1 },
    ]);
    open(body, plan, kernel.scale);
    body.block(`for (var first = 0; first < visible; first += ${team.threads})`, (inner) => {
      weigh(inner, plan);
      addValues(inner, plan);
    });
    combine(body, plan);
  });
  return workgroups;
};

function open(body: Scope, { team, widthFours, valueFours, columns, slices }: Plan, scale: number): void {
  const scaled = `queryAt(batch, head, query, i * 4) * ${bound(finiteFloat(scale), level.atom)}`;
  body.line(
    'let visible = visibleKeys(batch, query);',
    `for (var i = i32(local); i < ${widthFours}; i += ${team.threads}) { ownQuery[i] = ${scaled}; }`,
    'workgroupBarrier();',
    `var largest = ${belowEveryScore};`,
    'var total = 0.0;',
  );
  if (slices > 1) body.line(`let column0 = i32(local) % ${valueFours};`, `let slice = i32(local) / ${valueFours};`);
  else
    for (let i = 0; i < columns; i++) body.line(`let column${i} = i32(local)${i > 0 ? ` + ${i * team.threads}` : ''};`);
  for (let i = 0; i < columns; i++) body.line(`var sums${i} = vec4<f32>();`);
}

/** A score a thread, and what it weighs beside the largest one so far. */
function weigh(body: Scope, { team, widthFours }: Plan): void {
  body.line(
    'let key = first + i32(local);',
    `var score = ${belowEveryScore};`,
    'if (key < visible) {',
    '  score = 0.0;',
    `  for (var i = 0; i < ${widthFours}; i++) { score += dot(ownQuery[i], keyAt(batch, head, key, i * 4)); }`,
    '}',
    `let newLargest = max(largest, ${reduceOverGroup(body.shader, 'max', atom('score'), team).text});`,
    'var weight = 0.0;',
    'if (key < visible) { weight = exponential(score - newLargest); }',
    'weights[local] = weight;',
    'let correction = exponential(largest - newLargest);',
    'largest = newLargest;',
    `total = total * correction + ${reduceOverGroup(body.shader, 'sum', atom('weight'), team).text};  // waits for all weights, too`,
  );
}

function addValues(body: Scope, { team, valueFours, columns, slices }: Plan): void {
  body.line(`let count = min(${team.threads}, visible - first);`);
  for (let i = 0; i < columns; i++) body.line(`sums${i} *= correction;`);
  const add = (i: number): string => `sums${i} += weights[j] * valueAt(batch, head, first + j, column${i} * 4);`;
  if (slices > 1)
    body.line(`if (slice < ${slices}) {`, `  for (var j = slice; j < count; j += ${slices}) { ${add(0)} }`, '}');
  else {
    for (let i = 0; i < columns; i++) {
      const all = (i + 1) * team.threads <= valueFours;
      const loop = `for (var j = 0; j < count; j++) { ${add(i)} }`;
      body.line(all ? loop : `if (column${i} < ${valueFours}) { ${loop} }`);
    }
  }
  body.line('workgroupBarrier();  // the next round writes other weights');
}

function combine(body: Scope, { valueFours, columns, slices }: Plan): void {
  if (slices > 1) {
    body.line(
      'slices[local] = sums0;',
      'workgroupBarrier();',
      `if (${valueFours}u <= local) { return; }`,
      `for (var i = 1; i < ${slices}; i++) { sums0 += slices[i * ${valueFours} + i32(local)]; }`,
    );
  }
  body.line('// A query that sees no key gets zeros.');
  for (let i = 0; i < columns; i++) {
    const store = `store(batch, head, query, column${i} * 4, select(sums${i} / total, vec4<f32>(), visible <= 0));`;
    body.line(slices > 1 ? store : `if (column${i} < ${valueFours}) { ${store} }`);
  }
}
