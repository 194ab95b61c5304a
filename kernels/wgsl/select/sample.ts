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
  shader.use('exponential');
  defineOrder(shader, kernel);
  defineFirst(shader, team.threads);
  defineView(shader);
  defineMeasure(shader, team, length);
  defineKept(shader, length);
  defineDraw(shader, team.threads, length);
  let workgroups: readonly TileCount[] = [];
  shader.main(team.threads, [], (body) => {
    workgroups = openGrid(body, [{ name: 'row', extent: row.extent, per: 1 }]);
    body.bind(row, atom('row'));
    readParameters(body, kernel.selection as Sample, length);
    findFirst(body, length, team.threads, false);
    body.line(
      'let view = View(row, valueAt(row, found), 1.0 / temperature);',
      'let kept = keptOf(view, topK, topP, local);',
      'let drawn = draw(view, kept, uniform, found, local);',
    );
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

/** Declares what is kept of a row, and what elements weigh. */
function defineView(shader: Shader): void {
  shader.declare(`// Elements are kept that rank above \`rank\`, and those of that rank up to \`index\`.
struct Kept { rank: u32, index: i32 }
struct View { row: i32, largest: f32, inverseTemperature: f32 }`);
  shader.function('isKept', '(kept: Kept, rank: u32, index: i32) -> bool', (body) =>
    body.line('return kept.rank < rank || (rank == kept.rank && index <= kept.index);'),
  );
  shader.function('weightOf', '(view: View, value: f32) -> f32', (body) =>
    body.line('return exponential((value - view.largest) * view.inverseTemperature);'),
  );
  shader.function('valueOf', '(rank: u32) -> f32', (body) =>
    body.line('return bitcast<f32>(select(~rank, rank & 0x7fffffffu, (rank & 0x80000000u) != 0u));'),
  );
}

/**
 * Declares the one sum that all searches go by, for four thresholds at once: of what is kept, how many elements rank at or
 * above them or what these weigh; or how many elements of one rank have a lower index.
 */
function defineMeasure(shader: Shader, team: Team, length: string): void {
  shader.declare('struct Measure { weighs: bool, ofRank: bool, rank: u32 }');
  const signature = '(view: View, kept: Kept, measure: Measure, thresholds: vec4<u32>, local: u32) -> vec4<f32>';
  shader.function('amounts', signature, (body) =>
    body.line(`var sums = vec4<f32>();
for (var along = i32(local); along < ${length}; along += ${team.threads}) {
  let value = valueAt(view.row, along);
  let rank = rankOf(value);
  let lower = vec4<u32>(u32(along)) < thresholds;
  let counts = select(thresholds <= vec4<u32>(rank), lower, measure.ofRank);
  if (select(isKept(kept, rank, along), rank == measure.rank, measure.ofRank)) {
    let amount = select(1.0, weightOf(view, value), measure.weighs);
    sums += select(vec4<f32>(), vec4<f32>(amount), counts);
  }
}
return ${reduceOverGroup(shader, 'sum', atom('sums'), team, 'vec4<f32>').text};`),
  );
}

/**
 * Declares the searches for the last place that is kept. All rounds of both restrictions go through one loop and one call:
 * drivers inline calls, and this one is large.
 */
function defineKept(shader: Shader, length: string): void {
  shader.workgroupVariable('isRestricted', 'i32');
  shader.function('keptOf', '(view: View, topK: i32, topP: f32, local: u32) -> Kept', (body) =>
    body.line(`var kept = Kept(0u, 0x7fffffff);
for (var limit = 0; limit < 2; limit++) {
  let byWeight = limit == 1;
  // Threads search together or not at all: one of them decides for all.
  if (local == 0u) { isRestricted = select(0, 1, select(topK < ${length}, topP < 1.0, byWeight)); }
  if (workgroupUniformLoad(&isRestricted) == 0) { continue; }
  var goal = f32(topK);
  var rank = 0u;
  var last = 0u;
  // Round 0 is for all there is, rounds 1 to 16 find the rank, 17 is for what ranks above it, 18 to 33 find the index.
  for (var round = 0; round < 34; round++) {
    let ofRank = 17 < round;
    let shift = u32(select(32 - 2 * round, 66 - 2 * round, ofRank));
    if (ofRank && (u32(${length}) >> shift) == 0u) { continue; }  // no index has these bits
    let so = select(rank, last, ofRank);
    var thresholds = vec4<u32>(so | (1u << shift), so | (2u << shift), so | (3u << shift), 0u);
    if (round == 0) { thresholds = vec4<u32>(); }
    if (round == 17) { thresholds = vec4<u32>(rank + 1u); }
    let found = amounts(view, kept, Measure(byWeight && !ofRank, ofRank, rank), thresholds, local);
    if (round == 0) {
      goal = select(goal, topP * found.x, byWeight);
    } else if (round == 17) {
      let above = select(found.x, 0.0, rank == 0xffffffffu);
      let each = select(1.0, weightOf(view, valueOf(rank)), byWeight);
      goal = max(1.0, ceil((goal - above) / each));  // of this rank are needed
    } else if (ofRank) {
      // The largest end before which fewer than are needed lie is the index of the last one needed.
      let fewer = found < vec4<f32>(goal);
      last |= (u32(fewer.x) + u32(fewer.y) + u32(fewer.z)) << shift;
    } else {
      let enough = vec4<f32>(goal) <= found;
      rank |= (u32(enough.x) + u32(enough.y) + u32(enough.z)) << shift;
    }
  }
  let index = i32(min(last, 0x7fffffffu));
  // Of equals no more than were kept before.
  kept = Kept(rank, select(index, min(index, kept.index), rank == kept.rank));
}
return kept;`),
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
