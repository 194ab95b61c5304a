// attention_0: attention, rows
// a attention kernel

@group(0) @binding(0) var<storage, read> in0: array<vec4<f32>>;  // q f32
@group(0) @binding(1) var<storage, read> in1: array<vec4<f32>>;  // k f32
@group(0) @binding(2) var<storage, read> in2: array<vec4<f32>>;  // v f32
@group(0) @binding(3) var<storage, read> in3: array<i32>;  // lengths i32
@group(0) @binding(4) var<storage, read_write> out4: array<vec4<f32>>;  // o f32
struct Sizes { B: i32, S: i32, T: i32 }
@group(0) @binding(5) var<uniform> sizes: Sizes;

var<workgroup> keyTile: array<vec4<f32>, 64>;
var<workgroup> valueTile: array<vec4<f32>, 64>;

fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

// Some devices make infinity of NaN.
fn exponential(x: f32) -> f32 { return select(exp(x), x, isNan(x)); }

fn queryAt(batch: i32, head: i32, query: i32, width: i32) -> vec4<f32> {
  if (sizes.T <= query) { return vec4<f32>(); }
  return in0[(batch * (sizes.T * 32) + head * (sizes.T * 8) + query * 8 + width) >> 2u];
}

fn keyAt(batch: i32, head: i32, key: i32, width: i32) -> vec4<f32> {
  if (sizes.S <= key) { return vec4<f32>(); }
  return in1[(batch * (sizes.S * 16) + head / 2 * (sizes.S * 8) + key * 8 + width) >> 2u];
}

fn valueAt(batch: i32, head: i32, key: i32, width: i32) -> vec4<f32> {
  if (sizes.S <= key) { return vec4<f32>(); }
  return in2[(batch * (sizes.S * 16) + head / 2 * (sizes.S * 8) + key * 8 + width) >> 2u];
}

fn visibleKeys(batch: i32, query: i32) -> i32 {
  return min(min(sizes.S, query + sizes.S + 1 - sizes.T), in3[batch]);
}

fn store(batch: i32, head: i32, query: i32, width: i32, sums: vec4<f32>) {
  if (sizes.T <= query) { return; }
  out4[(batch * (sizes.T * 32) + query * 32 + head * 8 + width) >> 2u] = sums * 2.0;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let queryTileCount = (sizes.T + 63) / 64;
  let tile = i32(group.x + group.y * groups.x);
  if (sizes.B * 4 * queryTileCount <= tile) { return; }
  let queryTile = tile % queryTileCount;
  let head = tile / queryTileCount % 4;
  let batch = tile / queryTileCount / 4;
  let query = queryTile * 64 + i32(local);
  let visible = visibleKeys(batch, query);
  // The last query of the workgroup sees the most keys.
  let end = visibleKeys(batch, min(queryTile * 64 + 63, sizes.T - 1));
  var ownQuery: array<vec4<f32>, 2>;
  for (var i = 0; i < 2; i++) { ownQuery[i] = queryAt(batch, head, query, i * 4); }
  var sums: array<vec4<f32>, 2>;
  var largest = -3.4028234663852886e38;
  var total = 0.0;
  for (var first = 0; first < end; first += 32) {
    for (var i = i32(local); i < 64; i += 64) {
      keyTile[i] = keyAt(batch, head, first + i / 2, i % 2 * 4);
    }
    for (var i = i32(local); i < 64; i += 64) {
      valueTile[i] = valueAt(batch, head, first + i / 2, i % 2 * 4);
    }
    workgroupBarrier();
    let count = min(32, visible - first);
    var scores: array<f32, 32>;
    var newLargest = largest;
    for (var key = 0; key < count; key++) {
      var score = 0.0;
      for (var i = 0; i < 2; i++) { score += dot(ownQuery[i], keyTile[key * 2 + i]); }
      scores[key] = score * 0.6010408;
      newLargest = max(newLargest, scores[key]);
    }
    let correction = exponential(largest - newLargest);
    largest = newLargest;
    total *= correction;
    for (var i = 0; i < 2; i++) { sums[i] *= correction; }
    for (var key = 0; key < count; key++) {
      let weight = exponential(scores[key] - largest);
      total += weight;
      for (var i = 0; i < 2; i++) { sums[i] += weight * valueTile[key * 2 + i]; }
    }
    workgroupBarrier();
  }
  if (sizes.T <= query) { return; }
  // A query that sees no key gets zeros.
  for (var i = 0; i < 2; i++) {
    store(batch, head, query, i * 4, select(sums[i] / total, vec4<f32>(), visible <= 0));
  }
}
