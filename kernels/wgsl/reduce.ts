/** Reductions over the threads of a workgroup: a tree in workgroup memory, or subgroups and one round of that memory. */
import { atom, type Code } from './code.ts';
import type { Shader } from './shader.ts';

export interface Team {
  readonly threads: number;
  /** Rows that the workgroup reduces side by side: thread t belongs to row t mod rows. */
  readonly rows: number;
  readonly subgroups: boolean;
}

type Reduced = 'f32' | 'vec4<f32>';

interface Operation {
  readonly name: string;
  combine(a: string, b: string, type: Reduced): string;
  /** Lines that set `own` from `value` for the subgroup. */
  readonly subgroup: (type: Reduced) => string;
}

const operations: Readonly<Record<'sum' | 'max', Operation>> = {
  sum: {
    name: 'sumOverGroup',
    combine: (a, b) => `${a} + ${b}`,
    subgroup: () => 'let own = subgroupAdd(value);',
  },
  max: {
    name: 'largestOverGroup',
    combine: (a, b, type) => `${type === 'f32' ? 'maximum' : 'maximum4'}(${a}, ${b})`,
    // Whether subgroupMax lets a NaN through is up to the device.
    subgroup: () =>
      'let anyNan = subgroupAny(isNan(value));\nlet own = select(subgroupMax(value), bitcast<f32>(notANumberBits), anyNan);',
  },
};

/** Fewer threads than this in a subgroup do not exist. */
const smallestSubgroup = 4;

/** A call that reduces `value` over the threads of each row. Every thread of the workgroup must get there. */
export function reduceOverGroup(
  shader: Shader,
  reduce: 'sum' | 'max',
  value: Code,
  team: Team,
  type: Reduced = 'f32',
): Code {
  const operation = operations[reduce];
  const suffix = type === 'f32' ? '' : '4';
  if (reduce === 'max') shader.use('maximum', type === 'f32' ? undefined : 2);
  const name = `${operation.name}${suffix}`;
  const partials = `partials${suffix}`;
  const useSubgroups = team.subgroups && team.rows === 1;
  if (useSubgroups) shader.enable('subgroups');
  if (useSubgroups && reduce === 'max') shader.use('notANumberBits');
  shader.workgroupArray(
    partials,
    type,
    type === 'f32' ? 4 : 16,
    useSubgroups ? team.threads / smallestSubgroup : team.threads,
  );
  const lines = useSubgroups ? subgroupLines : treeLines;
  const parameters = useSubgroups ? 'local: u32, lane: u32, subgroupSize: u32' : 'local: u32';
  shader.function(name, `(value: ${type}, ${parameters}) -> ${type}`, (body) =>
    body.line(lines(operation, partials, team, type)),
  );
  return atom(`${name}(${value.text}, ${useSubgroups ? 'local, lane, subgroupSize' : 'local'})`);
}

function treeLines({ combine }: Operation, partials: string, { threads, rows }: Team, type: Reduced): string {
  return `${partials}[local] = value;
workgroupBarrier();
for (var stride = ${threads / 2}u; stride >= ${rows}u; stride >>= 1u) {
  if (local < stride) { ${partials}[local] = ${combine(`${partials}[local]`, `${partials}[local + stride]`, type)}; }
  workgroupBarrier();
}
let total = ${partials}[${rows === 1 ? '0' : `local % ${rows}u`}];
workgroupBarrier();  // all have read it before the next reduction begins
return total;`;
}

/** Subgroups are taken to be runs of neighbouring threads; then every thread adds up their results in the same order. */
function subgroupLines({ combine, subgroup }: Operation, partials: string, { threads }: Team, type: Reduced): string {
  return `${subgroup(type)}
if (lane == 0u) { ${partials}[local / subgroupSize] = own; }
workgroupBarrier();
var total = ${partials}[0];
for (var i = 1u; i < ${threads}u / subgroupSize; i++) { total = ${combine('total', `${partials}[i]`, type)}; }
workgroupBarrier();  // all have read it before the next reduction begins
return total;`;
}
