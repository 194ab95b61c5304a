/**
 * Sampling: one index drawn from softmax(value / temperature) after top-k and top-p, without sorting the row.
 *
 * Both restrictions keep a first part of the row in its order (see order.ts), so that each comes down to a place: the last rank
 * that is kept and, among equals, the last index. The rank is found bit by bit, two bits a round: how many elements, or how
 * much of the probability, lies at or above three thresholds. The index is found the same way. All sums are made in one order,
 * so that equal inputs draw equal indices.
 */
import { selectedIndex } from '../../../dsl/scalar.ts';
import type { SelectKernel } from '../../ir.ts';
import type { TileCount } from '../../printed.ts';
import type { Body } from '../body.ts';
import { atom, bound, type Code, extentCode, level } from '../code.ts';
import { converted } from '../functions.ts';
import { openGrid } from '../grid.ts';
import { writeAll } from '../memory.ts';
import { reduceOverGroup, type Team } from '../reduce.ts';
import type { Scope } from '../scope.ts';
import type { Shader } from '../shader.ts';
import { findFirst } from './largest.ts';
import { defineFirst, defineOrder } from './order.ts';

type Sample = Extract<SelectKernel['selection'], { op: 'sample' }>;

export const printSample: Body<SelectKernel> = (shader, kernel, { threads }) => {
  const { row, along, writes } = kernel;
  const length = bound(extentCode(along.extent), level.sum);
  const team: Team = { threads: threads!, rows: 1, subgroups: false };
  defineOrder(shader, kernel);
  defineFirst(shader, team.threads);
  defineCounting(shader, team, length);
  defineSearches(shader, length);
  defineDraw(shader, team.threads, length);
  shader.use('exponential');
  shader.workgroupVariable('isRestricted', 'i32');
  let workgroups: readonly TileCount[] = [];
  shader.main(team.threads, [], (body) => {
    workgroups = openGrid(body, [{ name: 'row', extent: row.extent, per: 1 }]);
    body.bind(row, atom('row'));
    readParameters(body, kernel.selection as Sample, length);
    findFirst(body, length, team.threads, false);
    body.line('let view = View(row, valueAt(row, found), 1.0 / temperature);', 'var kept = everything();');
    restrict(body, `topK < ${length}`, 'kept = firstElements(view, f32(topK), local);');
    restrict(body, 'topP < 1.0', 'kept = mostLikely(view, kept, topP, local);');
    body.line('let drawn = draw(view, kept, uniform, found, local);');
    body.bind(selectedIndex, atom('drawn'));
    body.block('if (local == 0u)', (inner) => writeAll(inner, writes));
  });
  return workgroups;
};

/** Names what the row is sampled with. A temperature of 0 is argmax: the first element alone is kept. */
function readParameters(body: Scope, { temperature, topK, topP, uniform }: Sample, length: string): void {
  const codes = body.values([temperature, topK, topP, uniform]);
  const [t, k, p, u] = codes as [Code, Code, Code, Code];
  body.let('given', converted(t, temperature.type, 'f32', false), { exact: true });
  body.line('let temperature = select(given, 1.0, given == 0.0);');
  body.let('givenK', converted(k, topK.type, 'i32', false), { exact: true });
  body.line(`let topK = select(select(givenK, ${length}, givenK <= 0), 1, given == 0.0);`);
  body.let('topP', converted(p, topP.type, 'f32', false), { exact: true });
  body.let('uniform', converted(u, uniform.type, 'f32', false), { exact: true });
}

/** Threads search together or not at all: one of them decides for all. */
function restrict(body: Scope, test: string, line: string): void {
  body.line(`if (local == 0u) { isRestricted = select(0, 1, ${test}); }`);
  body.line(`if (workgroupUniformLoad(&isRestricted) == 1) { ${line} }`);
}

/** Declares how much of a row lies at or above thresholds: elements, or what they weigh. */
function defineCounting(shader: Shader, team: Team, length: string): void {
  shader.declare(
    '// Elements are kept that rank above `rank`, and those of that rank up to `index`.\nstruct Kept { rank: u32, index: i32 }',
  );
  shader.declare('struct View { row: i32, largest: f32, inverseTemperature: f32 }');
  shader.function('everything', '() -> Kept', (body) => body.line(`return Kept(0u, 0x7fffffff);`));
  shader.function('isKept', '(kept: Kept, rank: u32, index: i32) -> bool', (body) =>
    body.line('return kept.rank < rank || (rank == kept.rank && index <= kept.index);'),
  );
  shader.function('weightOf', '(view: View, value: f32) -> f32', (body) =>
    body.line('return exponential((value - view.largest) * view.inverseTemperature);'),
  );
  const sum = (value: string): string => reduceOverGroup(shader, 'sum', atom(value), team, 'vec4<f32>').text;
  const loop = (head: string, add: string): string =>
    `var sums = vec4<f32>();
for (var along = i32(local); along < ${length}; along += ${team.threads}) {
  let value = valueAt(view.row, along);
  let rank = rankOf(value);
  ${head}
  ${add}
}
return ${sum('sums')};`;
  shader.function('countFrom', '(view: View, thresholds: vec4<u32>, local: u32) -> vec4<f32>', (body) =>
    body.line(loop('let is = thresholds <= vec4<u32>(rank);', 'sums += select(vec4<f32>(), vec4<f32>(1.0), is);')),
  );
  shader.function('weighFrom', '(view: View, kept: Kept, thresholds: vec4<u32>, local: u32) -> vec4<f32>', (body) =>
    body.line(
      loop(
        'let is = (thresholds <= vec4<u32>(rank)) & vec4<bool>(isKept(kept, rank, along));',
        'sums += select(vec4<f32>(), vec4<f32>(weightOf(view, value)), is);',
      ),
    ),
  );
  shader.function('countEqual', '(view: View, wanted: u32, ends: vec4<u32>, local: u32) -> vec4<f32>', (body) =>
    body.line(
      loop(
        'let is = (vec4<u32>(u32(along)) < ends) & vec4<bool>(rank == wanted);',
        'sums += select(vec4<f32>(), vec4<f32>(1.0), is);',
      ),
    ),
  );
}

/** Declares the searches for the last place that is kept. */
function defineSearches(shader: Shader, length: string): void {
  const thresholds = 'vec4<u32>(so | (1u << shift), so | (2u << shift), so | (3u << shift), 0u)';
  const digits = 'u32(enough.x) + u32(enough.y) + u32(enough.z)';
  const search = (from: string, found: string, enough: string): string => `for (var bit = ${from}; bit >= 0; bit -= 2) {
  let shift = u32(bit);
  let found = ${found};
  let enough = ${enough};
  so |= (${digits}) << shift;
}`;
  shader.function('lastEqual', '(view: View, rank: u32, needed: f32, local: u32) -> i32', (body) =>
    body.line(
      '// The largest end before which fewer than `needed` elements of this rank lie is the index of the last one needed.',
      `let topBit = i32(firstLeadingBit(u32(${length})) & 0x1eu);`,
      'var so = 0u;',
      search('topBit', `countEqual(view, rank, ${thresholds}, local)`, 'found < vec4<f32>(needed)'),
      'return i32(min(so, 0x7fffffffu));',
    ),
  );
  shader.function('firstElements', '(view: View, count: f32, local: u32) -> Kept', (body) =>
    body.line(
      'var so = 0u;',
      search('30', `countFrom(view, ${thresholds}, local)`, 'vec4<f32>(count) <= found'),
      'let above = select(countFrom(view, vec4<u32>(so + 1u), local).x, 0.0, so == 0xffffffffu);',
      'return Kept(so, lastEqual(view, so, count - above, local));',
    ),
  );
  shader.function('mostLikely', '(view: View, kept: Kept, part: f32, local: u32) -> Kept', (body) =>
    body.line(
      'let wanted = part * weighFrom(view, kept, vec4<u32>(), local).x;',
      'var so = 0u;',
      search('30', `weighFrom(view, kept, ${thresholds}, local)`, 'vec4<f32>(wanted) <= found'),
      'let above = select(weighFrom(view, kept, vec4<u32>(so + 1u), local).x, 0.0, so == 0xffffffffu);',
      'let each = weightOf(view, valueOf(so));',
      '// At least one, and no more equals than were kept before.',
      'let needed = max(1.0, ceil((wanted - above) / each));',
      'let index = lastEqual(view, so, needed, local);',
      'return Kept(so, select(index, min(index, kept.index), so == kept.rank));',
    ),
  );
  shader.function('valueOf', '(rank: u32) -> f32', (body) =>
    body.line('return bitcast<f32>(select(~rank, rank & 0x7fffffffu, (rank & 0x80000000u) != 0u));'),
  );
}

/** Declares the draw: each thread weighs a run of neighbours; the one in whose run the chosen part lies walks through it. */
function defineDraw(shader: Shader, threads: number, length: string): void {
  shader.workgroupArray('runs', 'f32', 4, threads);
  shader.workgroupVariable('chosen', 'i32');
  shader.function('keptWeight', '(view: View, kept: Kept, along: i32) -> f32', (body) =>
    body.line(
      'let value = valueAt(view.row, along);',
      'return select(0.0, weightOf(view, value), isKept(kept, rankOf(value), along));',
    ),
  );
  shader.function('draw', '(view: View, kept: Kept, uniform: f32, fallback: i32, local: u32) -> i32', (body) =>
    body.line(`let run = (${length} + ${threads - 1}) / ${threads};
let start = i32(local) * run;
let end = min(start + run, ${length});
var weight = 0.0;
for (var along = start; along < end; along++) { weight += keptWeight(view, kept, along); }
runs[local] = weight;
if (local == 0u) { chosen = fallback; }
workgroupBarrier();
var before = 0.0;
var total = 0.0;
for (var i = 0u; i < ${threads}u; i++) {
  if (i == local) { before = total; }
  total += runs[i];
}
let goal = min(uniform, 0.99999994) * total;
if (before <= goal && goal < before + weight) {
  var sum = 0.0;
  for (var along = start; along < end; along++) {
    sum += keptWeight(view, kept, along);
    if (goal < before + sum) { chosen = along; break; }
  }
}
workgroupBarrier();
return chosen;`),
  );
}
