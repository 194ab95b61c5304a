// attention_0: attention, split
// a attention kernel

@group(0) @binding(0) var<storage, read> in0: array<f32>;  // q f32
@group(0) @binding(1) var<storage, read> in1: array<f32>;  // k f32
@group(0) @binding(2) var<storage, read> in2: array<f32>;  // v f32
@group(0) @binding(3) var<storage, read> in3: array<i32>;  // lengths i32
@group(0) @binding(4) var<storage, read_write> out4: array<f32>;  // o f32
struct Sizes { B: i32, S: i32, T: i32 }
@group(0) @binding(5) var<uniform> sizes: Sizes;

var<workgroup> ownQuery: array<vec4<f32>, 2>;
var<workgroup> weights: array<f32, 64>;
var<workgroup> slices: array<vec4<f32>, 64>;
var<workgroup> partials: array<f32, 64>;

fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

// Some devices make infinity of NaN.
fn exponential(x: f32) -> f32 { return select(exp(x), x, isNan(x)); }

// The larger one, or NaN if either is.
fn maximum(a: f32, b: f32) -> f32 { return select(select(max(a, b), b, isNan(b)), a, isNan(a)); }

fn queryAtOne(batch: i32, head: i32, query: i32, width: i32) -> f32 {
  if (sizes.T <= query) { return 0.0; }
  return in0[batch * (sizes.T * 20) + head * (sizes.T * 5) + query * 5 + width];
}

fn queryAt(batch: i32, head: i32, query: i32, width: i32) -> vec4<f32> {
  var four = vec4<f32>();
  for (var i = 0; i < min(4, 5 - width); i++) { four[i] = queryAtOne(batch, head, query, width + i); }
  return four;
}

fn keyAtOne(batch: i32, head: i32, key: i32, width: i32) -> f32 {
  if (sizes.S <= key) { return 0.0; }
  return in1[batch * (sizes.S * 10) + head / 2 * (sizes.S * 5) + key * 5 + width];
}

fn keyAt(batch: i32, head: i32, key: i32, width: i32) -> vec4<f32> {
  var four = vec4<f32>();
  for (var i = 0; i < min(4, 5 - width); i++) { four[i] = keyAtOne(batch, head, key, width + i); }
  return four;
}

fn valueAtOne(batch: i32, head: i32, key: i32, width: i32) -> f32 {
  if (sizes.S <= key) { return 0.0; }
  return in2[batch * (sizes.S * 10) + head / 2 * (sizes.S * 5) + key * 5 + width];
}

fn valueAt(batch: i32, head: i32, key: i32, width: i32) -> vec4<f32> {
  var four = vec4<f32>();
  for (var i = 0; i < min(4, 5 - width); i++) { four[i] = valueAtOne(batch, head, key, width + i); }
  return four;
}

fn visibleKeys(batch: i32, query: i32) -> i32 {
  return min(min(sizes.S, query + sizes.S + 1 - sizes.T), in3[batch]);
}

fn storeOne(batch: i32, head: i32, query: i32, width: i32, sum: f32) {
  if (sizes.T <= query) { return; }
  out4[batch * (sizes.T * 20) + query * 20 + head * 5 + width] = sum * 2.0;
}

fn store(batch: i32, head: i32, query: i32, width: i32, sums: vec4<f32>) {
  for (var i = 0; i < min(4, 5 - width); i++) { storeOne(batch, head, query, width + i, sums[i]); }
}

fn largestOverGroup(value: f32, local: u32) -> f32 {
  partials[local] = value;
  workgroupBarrier();
  for (var stride = 32u; stride >= 1u; stride >>= 1u) {
    if (local < stride) { partials[local] = maximum(partials[local], partials[local + stride]); }
    workgroupBarrier();
  }
  let total = partials[0];
  workgroupBarrier();  // all have read it before the next reduction begins
  return total;
}

fn sumOverGroup(value: f32, local: u32) -> f32 {
  partials[local] = value;
  workgroupBarrier();
  for (var stride = 32u; stride >= 1u; stride >>= 1u) {
    if (local < stride) { partials[local] = partials[local] + partials[local + stride]; }
    workgroupBarrier();
  }
  let total = partials[0];
  workgroupBarrier();  // all have read it before the next reduction begins
  return total;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = i32(group.x + group.y * groups.x);
  if (sizes.B * 4 * sizes.T <= tile) { return; }
  let query = tile % sizes.T;
  let head = tile / sizes.T % 4;
  let batch = tile / sizes.T / 4;
  let visible = visibleKeys(batch, query);
  for (var i = i32(local); i < 2; i += 64) { ownQuery[i] = queryAt(batch, head, query, i * 4) * 0.7602631; }
  workgroupBarrier();
  var largest = -3.4028234663852886e38;
  var total = 0.0;
  let column0 = i32(local) % 2;
  let slice = i32(local) / 2;
  var sums0 = vec4<f32>();
  for (var first = 0; first < visible; first += 64) {
    let key = first + i32(local);
    var score = -3.4028234663852886e38;
    if (key < visible) {
      score = 0.0;
      for (var i = 0; i < 2; i++) { score += dot(ownQuery[i], keyAt(batch, head, key, i * 4)); }
    }
    let newLargest = max(largest, largestOverGroup(score, local));
    var weight = 0.0;
    if (key < visible) { weight = exponential(score - newLargest); }
    weights[local] = weight;
    let correction = exponential(largest - newLargest);
    largest = newLargest;
    total = total * correction + sumOverGroup(weight, local);  // waits for all weights, too
    let count = min(64, visible - first);
    sums0 *= correction;
    if (slice < 32) {
      for (var j = slice; j < count; j += 32) { sums0 += weights[j] * valueAt(batch, head, first + j, column0 * 4); }
    }
    workgroupBarrier();  // the next round writes other weights
  }
  slices[local] = sums0;
  workgroupBarrier();
  if (2u <= local) { return; }
  for (var i = 1; i < 32; i++) { sums0 += slices[i * 2 + i32(local)]; }
  // A query that sees no key gets zeros.
  store(batch, head, query, column0 * 4, select(sums0 / total, vec4<f32>(), visible <= 0));
}
