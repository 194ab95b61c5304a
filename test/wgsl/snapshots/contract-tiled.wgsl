// contract_0: contract, tiled
// a contract kernel

@group(0) @binding(0) var<storage, read> in0: array<f32>;  // l f32
@group(0) @binding(1) var<storage, read> in1: array<f32>;  // r f32
@group(0) @binding(2) var<storage, read> in2: array<f32>;  // c f32
@group(0) @binding(3) var<storage, read_write> out3: array<f32>;  // o f32
struct Sizes { B: i32, S: i32, T: i32 }
@group(0) @binding(4) var<uniform> sizes: Sizes;

var<workgroup> leftTile: array<vec4<f32>, 256>;
var<workgroup> rightTile: array<vec4<f32>, 256>;

fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

// Some devices make infinity of NaN.
fn exponential(x: f32) -> f32 { return select(exp(x), x, isNan(x)); }

fn sigmoid(x: f32) -> f32 {
  let t = exponential(-abs(x));  // never above 1: nothing overflows
  return select(1.0, t, x < 0.0) / (1.0 + t);
}

fn leftOne(batch: i32, m: i32, k: i32) -> f32 {
  if (27 <= k) { return 0.0; }
  return in0[batch * (sizes.T * 27) + m * 27 + k];
}

fn left(batch: i32, m: i32, k: i32) -> vec4<f32> {
  var four = vec4<f32>();
  for (var i = 0; i < min(4, sizes.T - m); i++) { four[i] = leftOne(batch, m + i, k); }
  return four;
}

fn rightOne(batch: i32, n: i32, k: i32) -> f32 {
  if (27 <= k) { return 0.0; }
  return in1[batch * (sizes.S * 27) + k * sizes.S + n];
}

fn right(batch: i32, n: i32, k: i32) -> vec4<f32> {
  var four = vec4<f32>();
  for (var i = 0; i < min(4, sizes.S - n); i++) { four[i] = rightOne(batch, n + i, k); }
  return four;
}

fn storeOne(batch: i32, m: i32, n: i32, sum: f32) {
  if (sizes.T <= m) { return; }
  let x0 = sum + in2[n];
  out3[batch * (sizes.S * sizes.T) + m * sizes.S + n] = x0 * sigmoid(x0);
}

fn store(batch: i32, m: i32, n: i32, sums: vec4<f32>) {
  for (var i = 0; i < min(4, sizes.S - n); i++) { storeOne(batch, m, n + i, sums[i]); }
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let mTileCount = (sizes.T + 31) / 32;
  let nTileCount = (sizes.S + 31) / 32;
  let tile = i32(group.x + group.y * groups.x);
  if (sizes.B * mTileCount * nTileCount <= tile) { return; }
  let nTile = tile % nTileCount;
  let mTile = tile / nTileCount % mTileCount;
  let batch = tile / nTileCount / mTileCount;
  let m0 = mTile * 32;
  let n0 = nTile * 32;
  let row = i32(local) / 8;
  let column = i32(local) % 8;
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  for (var k0 = 0; k0 < 27; k0 += 32) {
    for (var i = 0; i < 4; i++) { leftTile[(column * 4 + i) * 8 + row] = left(batch, m0 + row * 4, k0 + column * 4 + i); }
    for (var i = 0; i < 4; i++) { rightTile[(row * 4 + i) * 8 + column] = right(batch, n0 + column * 4, k0 + row * 4 + i); }
    workgroupBarrier();
    let depth = min(32, 27 - k0);
    for (var k = 0; k < depth; k++) {
      let a = leftTile[k * 8 + row];
      let b = rightTile[k * 8 + column];
      sum0 += a.x * b;
      sum1 += a.y * b;
      sum2 += a.z * b;
      sum3 += a.w * b;
    }
    workgroupBarrier();
  }
  store(batch, m0 + row * 4, n0 + column * 4, sum0);
  store(batch, m0 + row * 4 + 1, n0 + column * 4, sum1);
  store(batch, m0 + row * 4 + 2, n0 + column * 4, sum2);
  store(batch, m0 + row * 4 + 3, n0 + column * 4, sum3);
}
