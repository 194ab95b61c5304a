/**
 * Attention for many queries: one query a thread, keys and values in tiles that the workgroup loads together. Weights are
 * rescaled from tile to tile as larger scores appear (online softmax), so that scores are never stored.
 */
import type { AttentionKernel, WgslTarget } from '../../ir.ts';
import type { TileCount } from '../../printed.ts';
import type { Body } from '../body.ts';
import { bound, extentCode, finiteFloat, level } from '../code.ts';
import { openGrid } from '../grid.ts';
import type { Scope } from '../scope.ts';
import { defineOperands, foursOf } from './operands.ts';

/** Below every score that is a number, and finite, so that differences of two such are 0 and not NaN. */
export const belowEveryScore = '-3.4028234663852886e38';

/** Keys of a tile: as many as workgroup memory holds, 32 at most. None when even one key does not fit. */
export function keysOfTile({ width, valueWidth }: AttentionKernel, { maxWorkgroupStorage }: WgslTarget): number {
  const fours = (foursOf(width) ?? Number.POSITIVE_INFINITY) + (foursOf(valueWidth) ?? Number.POSITIVE_INFINITY);
  return Math.min(32, Math.floor(maxWorkgroupStorage / (16 * fours)));
}

interface Tile {
  readonly threads: number;
  readonly keys: number;
  readonly widthFours: number;
  readonly valueFours: number;
}

export const printAttentionRows: Body<AttentionKernel> = (shader, kernel, { threads }) => {
  const tile: Tile = {
    threads: threads!,
    keys: keysOfTile(kernel, shader.target),
    widthFours: foursOf(kernel.width)!,
    valueFours: foursOf(kernel.valueWidth)!,
  };
  shader.workgroupArray('keyTile', 'vec4<f32>', 16, tile.keys * tile.widthFours);
  shader.workgroupArray('valueTile', 'vec4<f32>', 16, tile.keys * tile.valueFours);
  defineOperands(shader, kernel);
  let workgroups: readonly TileCount[] = [];
  shader.main(tile.threads, [], (body) => {
    workgroups = openGrid(body, [
      { name: 'batch', extent: kernel.batch.extent, per: 1 },
      { name: 'head', extent: kernel.head.extent, per: 1 },
      { name: 'queryTile', extent: kernel.query.extent, per: tile.threads },
    ]);
    const queries = bound(extentCode(kernel.query.extent), level.sum);
    body.line(
      `let query = queryTile * ${tile.threads} + i32(local);`,
      'let visible = visibleKeys(batch, query);',
      '// The last query of the workgroup sees the most keys.',
      `let end = visibleKeys(batch, min(queryTile * ${tile.threads} + ${tile.threads - 1}, ${queries} - 1));`,
      `var ownQuery: array<vec4<f32>, ${tile.widthFours}>;`,
      `for (var i = 0; i < ${tile.widthFours}; i++) { ownQuery[i] = queryAt(batch, head, query, i * 4); }`,
      `var sums: array<vec4<f32>, ${tile.valueFours}>;`,
      `var largest = ${belowEveryScore};`,
      'var total = 0.0;',
    );
    body.block(`for (var first = 0; first < end; first += ${tile.keys})`, (inner) => {
      loadTiles(inner, tile);
      scoreTile(inner, tile, kernel.scale);
      addValues(inner, tile);
    });
    body.line(`if (${queries} <= query) { return; }`, '// A query that sees no key gets zeros.');
    body.line(`for (var i = 0; i < ${tile.valueFours}; i++) {`);
    body.line('  store(batch, head, query, i * 4, select(sums[i] / total, vec4<f32>(), visible <= 0));', '}');
  });
  return workgroups;
};

function loadTiles(body: Scope, { threads, keys, widthFours, valueFours }: Tile): void {
  for (const [name, read, fours] of [
    ['keyTile', 'keyAt', widthFours],
    ['valueTile', 'valueAt', valueFours],
  ] as const) {
    body.line(`for (var i = i32(local); i < ${keys * fours}; i += ${threads}) {`);
    body.line(`  ${name}[i] = ${read}(batch, head, first + i / ${fours}, i % ${fours} * 4);`, '}');
  }
  body.line('workgroupBarrier();');
}

function scoreTile(body: Scope, { keys, widthFours }: Tile, scale: number): void {
  body.line(
    `let count = min(${keys}, visible - first);`,
    `var scores: array<f32, ${keys}>;`,
    'var newLargest = largest;',
    'for (var key = 0; key < count; key++) {',
    '  var score = 0.0;',
    `  for (var i = 0; i < ${widthFours}; i++) { score += dot(ownQuery[i], keyTile[key * ${widthFours} + i]); }`,
    `  scores[key] = score * ${bound(finiteFloat(scale), level.atom)};`,
    '  newLargest = max(newLargest, scores[key]);',
    '}',
  );
}

function addValues(body: Scope, { valueFours }: Tile): void {
  body.line(
    'let correction = exponential(largest - newLargest);',
    'largest = newLargest;',
    'total *= correction;',
    `for (var i = 0; i < ${valueFours}; i++) { sums[i] *= correction; }`,
    'for (var key = 0; key < count; key++) {',
    '  let weight = exponential(scores[key] - largest);',
    '  total += weight;',
    `  for (var i = 0; i < ${valueFours}; i++) { sums[i] += weight * valueTile[key * ${valueFours} + i]; }`,
    '}',
    'workgroupBarrier();',
  );
}
