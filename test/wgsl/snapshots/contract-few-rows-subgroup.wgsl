// contract_0: contract, fewRowsSubgroup
// a contract kernel

enable f16;
enable subgroups;

@group(0) @binding(0) var<storage, read> in0: array<f32>;  // l f32
@group(0) @binding(1) var<storage, read> in1: array<f16>;  // r f16
@group(0) @binding(2) var<storage, read> in2: array<vec4<f32>>;  // c f32
@group(0) @binding(3) var<storage, read_write> out3: array<vec4<f32>>;  // o f32
struct Sizes { B: i32, S: i32, T: i32 }
@group(0) @binding(4) var<uniform> sizes: Sizes;

var<workgroup> partials4: array<vec4<f32>, 16>;

fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

// Some devices make infinity of NaN.
fn exponential(x: f32) -> f32 { return select(exp(x), x, isNan(x)); }

fn sigmoid(x: f32) -> f32 {
  let t = exponential(-abs(x));  // never above 1: nothing overflows
  return select(1.0, t, x < 0.0) / (1.0 + t);
}

fn sigmoid4(a: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(sigmoid(a.x), sigmoid(a.y), sigmoid(a.z), sigmoid(a.w));
}

fn left(batch: i32, m: i32, k: i32) -> f32 {
  if (sizes.B * sizes.T <= m) { return 0.0; }
  return in0[batch * (sizes.B * sizes.T * 512) + m * 512 + k];
}

fn rightOne(batch: i32, n: i32, k: i32) -> f32 {
  return f32(in1[batch * 393216 + n * 512 + k]);
}

fn right(batch: i32, n: i32, k: i32) -> vec4<f32> {
  var four = vec4<f32>();
  for (var i = 0; i < 4; i++) { four[i] = rightOne(batch, n + i, k); }
  return four;
}

fn store(batch: i32, m: i32, n: i32, sums: vec4<f32>) {
  if (sizes.B * sizes.T <= m) { return; }
  let x0 = sums + in2[n >> 2u];
  out3[(batch * (sizes.B * sizes.T * 768) + m * 768 + n) >> 2u] = x0 * sigmoid4(x0);
}

fn sumOverGroup4(value: vec4<f32>, local: u32, lane: u32, subgroupSize: u32) -> vec4<f32> {
  let own = subgroupAdd(value);
  if (lane == 0u) { partials4[local / subgroupSize] = own; }
  workgroupBarrier();
  var total = partials4[0];
  for (var i = 1u; i < 64u / subgroupSize; i++) { total = total + partials4[i]; }
  workgroupBarrier();  // all have read it before the next reduction begins
  return total;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_size) subgroupSize: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let mTileCount = (sizes.B * sizes.T + 3) / 4;
  let tile = i32(group.x + group.y * groups.x);
  if (mTileCount * 192 <= tile) { return; }
  let nTile = tile % 192;
  let mTile = tile / 192;
  let batch = 0;
  let m0 = mTile * 4;
  let n0 = nTile * 4;
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  for (var k = i32(local); k < 512; k += 64) {
    let b = right(batch, n0, k);
    sum0 += left(batch, m0, k) * b;
    sum1 += left(batch, m0 + 1, k) * b;
    sum2 += left(batch, m0 + 2, k) * b;
    sum3 += left(batch, m0 + 3, k) * b;
  }
  let total0 = sumOverGroup4(sum0, local, lane, subgroupSize);
  let total1 = sumOverGroup4(sum1, local, lane, subgroupSize);
  let total2 = sumOverGroup4(sum2, local, lane, subgroupSize);
  let total3 = sumOverGroup4(sum3, local, lane, subgroupSize);
  if (local == 0u) { store(batch, m0, n0, total0); }
  if (local == 1u) { store(batch, m0 + 1, n0, total1); }
  if (local == 2u) { store(batch, m0 + 2, n0, total2); }
  if (local == 3u) { store(batch, m0 + 3, n0, total3); }
}
