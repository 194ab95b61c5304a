// streamedSum: stream, rows
// streamedSum → stream
// [B, G=2, S, K=8] · [B, G=2, M=2, T, K=8] · [B, G=2, S, V=12] · [B, G=2, M=2, T, V=12] · [B, G=2, M=2, T] · [B, G=2, M=2, T] · [B, G=2, M=2, T, K=8] · [B] → [B, G=2, S, K=8]

@group(0) @binding(0) var<storage, read> in0: array<vec4<f32>>;  // k [B, S, merged=16] f32
@group(0) @binding(1) var<storage, read> in1: array<vec4<f32>>;  // q [B, T, merged=32] f32
@group(0) @binding(2) var<storage, read> in2: array<vec4<f32>>;  // v [B, S, merged=24] f32
@group(0) @binding(3) var<storage, read> in3: array<vec4<f32>>;  // gradient [B, T, merged=48] f32
@group(0) @binding(4) var<storage, read> in4: array<f32>;  // logSumExp [B, G=2, M=2, T] f32
@group(0) @binding(5) var<storage, read> in5: array<f32>;  // delta [B, G=2, M=2, T] f32
@group(0) @binding(6) var<storage, read> in6: array<i32>;  // keyLengths [B] i32
@group(0) @binding(7) var<storage, read_write> out7: array<vec4<f32>>;  // kGradient [B, G=2, S, K=8] f32
struct Sizes { B: i32, S: i32, T: i32 }
@group(0) @binding(8) var<uniform> sizes: Sizes;

var<workgroup> columnTile: array<vec4<f32>, 544>;
var<workgroup> weights: array<f32, 1024>;

fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

// Some devices make infinity of NaN.
fn exponential(x: f32) -> f32 { return select(exp(x), x, isNan(x)); }

fn left0(batch0: i32, batch1: i32, member: i32, row: i32, along: i32) -> vec4<f32> {
  if (sizes.S <= row) { return vec4<f32>(); }
  return in0[(batch0 * (sizes.S * 16) + row * 16 + batch1 * 8 + along) >> 2u];
}

fn right0(batch0: i32, batch1: i32, member: i32, column: i32, along: i32) -> vec4<f32> {
  if (sizes.T <= column) { return vec4<f32>(); }
  return in1[(batch0 * (sizes.T * 32) + column * 32 + batch1 * 16 + member * 8 + along) >> 2u];
}

fn left1(batch0: i32, batch1: i32, member: i32, row: i32, along: i32) -> vec4<f32> {
  if (sizes.S <= row) { return vec4<f32>(); }
  return in2[(batch0 * (sizes.S * 24) + row * 24 + batch1 * 12 + along) >> 2u];
}

fn right1(batch0: i32, batch1: i32, member: i32, column: i32, along: i32) -> vec4<f32> {
  if (sizes.T <= column) { return vec4<f32>(); }
  return in3[(batch0 * (sizes.T * 48) + column * 48 + batch1 * 24 + member * 12 + along) >> 2u];
}

fn value(batch0: i32, batch1: i32, member: i32, column: i32, along: i32) -> vec4<f32> {
  if (sizes.T <= column) { return vec4<f32>(); }
  return in1[(batch0 * (sizes.T * 32) + column * 32 + batch1 * 16 + member * 8 + along) >> 2u];
}

fn seenColumns(batch0: i32, batch1: i32, row: i32) -> vec2<i32> {
  if (sizes.S <= row) { return vec2<i32>(); }
  return vec2<i32>(max(0, row + sizes.T - sizes.S), select(0, sizes.T, row < in6[batch0]));
}

fn weight(batch0: i32, batch1: i32, member: i32, row: i32, column: i32, seen: vec2<i32>, score0: f32, score1: f32) -> f32 {
  if (column < seen.x || seen.y <= column) { return 0.0; }
  let i0 = batch0 * (sizes.T * 4) + batch1 * (sizes.T * 2) + member * sizes.T + column;
  return exponential(0.35355338 * score0 - in4[i0]) * 0.35355338 * (score1 - in5[i0]);
}

fn store(batch0: i32, batch1: i32, row: i32, width: i32, sums: vec4<f32>) {
  if (sizes.S <= row || 8 <= width) { return; }
  out7[(batch0 * (sizes.S * 16) + batch1 * (sizes.S * 8) + row * 8 + width) >> 2u] = sums;
}

@compute @workgroup_size(128)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let rowTileCount = (sizes.S + 31) / 32;
  let tile = i32(group.x + group.y * groups.x);
  if (sizes.B * 2 * rowTileCount <= tile) { return; }
  let rowTile = tile % rowTileCount;
  let batch1 = tile / rowTileCount % 2;
  let batch0 = tile / rowTileCount / 2;
  let row0 = rowTile * 32;
  let own = i32(local) / 4;
  let slice = i32(local) % 4;
  let row = row0 + own;
  let seen = seenColumns(batch0, batch1, row);
  var start = sizes.T;
  var end = 0;
  for (var i = row0; i < min(row0 + 32, sizes.S); i++) {
    let columns = seenColumns(batch0, batch1, i);
    if (columns.x < columns.y) { start = min(start, columns.x); end = max(end, columns.y); }
  }
  var sums: array<vec4<f32>, 1>;
  for (var member = 0; member < 2; member++) {
    for (var column0 = start; column0 < end; column0 += 32) {
      let sees = seen.x < column0 + 32 && column0 < seen.y;  // the thread's row, any of these columns
      var score0: array<f32, 8>;
      for (var j = 0; j < 8; j++) { score0[j] = 0.0; }
      for (var depth0 = 0; depth0 < 8; depth0 += 8) {
        for (var i = i32(local); i < 64; i += 128) {
          columnTile[i / 2 * 17 + i % 2] = right0(batch0, batch1, member, column0 + i / 2, depth0 + i % 2 * 4);
        }
        workgroupBarrier();
        for (var d = 0; d < select(0, 2, sees); d++) {
          let four = left0(batch0, batch1, member, row, depth0 + d * 4);
          for (var j = 0; j < 8; j++) { score0[j] += dot(four, columnTile[(slice + j * 4) * 17 + d]); }
        }
        workgroupBarrier();
      }
      var score1: array<f32, 8>;
      for (var j = 0; j < 8; j++) { score1[j] = 0.0; }
      for (var depth0 = 0; depth0 < 12; depth0 += 12) {
        for (var i = i32(local); i < 96; i += 128) {
          columnTile[i / 3 * 17 + i % 3] = right1(batch0, batch1, member, column0 + i / 3, depth0 + i % 3 * 4);
        }
        workgroupBarrier();
        for (var d = 0; d < select(0, 3, sees); d++) {
          let four = left1(batch0, batch1, member, row, depth0 + d * 4);
          for (var j = 0; j < 8; j++) { score1[j] += dot(four, columnTile[(slice + j * 4) * 17 + d]); }
        }
        workgroupBarrier();
      }
      for (var j = 0; j < 8; j++) { weights[(slice + j * 4) * 32 + own] = weight(batch0, batch1, member, row, column0 + slice + j * 4, seen, score0[j], score1[j]); }
      let lastSeen = min(32, seen.y - column0);
      for (var chunk = 0; chunk < 1; chunk++) {
        for (var i = i32(local); i < 64; i += 128) {
          columnTile[i / 2 * 17 + i % 2] = value(batch0, batch1, member, column0 + i / 2, chunk * 8 + i % 2 * 4);
        }
        workgroupBarrier();
        for (var c = max(0, seen.x - column0); c < lastSeen; c++) {
          let share = weights[c * 32 + own];
          for (var i = 0; i < 1; i++) { sums[chunk * 1 + i] += share * columnTile[c * 17 + slice + i * 4]; }
        }
        workgroupBarrier();
      }
    }
  }
  for (var chunk = 0; chunk < 1; chunk++) {
    for (var i = 0; i < 1; i++) {
      let four = slice + i * 4;
      if (four < 2) { store(batch0, batch1, row, (chunk * 2 + four) * 4, sums[chunk * 1 + i]); }
    }
  }
}
