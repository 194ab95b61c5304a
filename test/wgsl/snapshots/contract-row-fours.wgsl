// contract_0: contract, rowFours
// a contract kernel

enable f16;

@group(0) @binding(0) var<storage, read> in0: array<vec4<f32>>;  // l f32
@group(0) @binding(1) var<storage, read> in1: array<vec4<f16>>;  // r f16
@group(0) @binding(2) var<storage, read> in2: array<vec4<f32>>;  // c f32
@group(0) @binding(3) var<storage, read_write> out3: array<vec4<f32>>;  // o f32
struct Sizes { B: i32, S: i32, T: i32 }
@group(0) @binding(4) var<uniform> sizes: Sizes;

var<workgroup> partials4: array<vec4<f32>, 64>;

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

fn left(batch: i32, m: i32, k: i32) -> vec4<f32> {
  return in0[(batch * (sizes.B * sizes.T * 512) + m * 512 + k) >> 2u];
}

fn right(batch: i32, n: i32, k: i32) -> vec4<f32> {
  return vec4<f32>(in1[(batch * 393216 + n * 512 + k) >> 2u]);
}

fn store(batch: i32, m: i32, n: i32, sums: vec4<f32>) {
  let x0 = sums + in2[n >> 2u];
  out3[(batch * (sizes.B * sizes.T * 768) + m * 768 + n) >> 2u] = x0 * sigmoid4(x0);
}

fn sumOverGroup4(value: vec4<f32>, local: u32) -> vec4<f32> {
  partials4[local] = value;
  workgroupBarrier();
  for (var stride = 32u; stride >= 1u; stride >>= 1u) {
    if (local < stride) { partials4[local] = partials4[local] + partials4[local + stride]; }
    workgroupBarrier();
  }
  let total = partials4[0];
  workgroupBarrier();  // all have read it before the next reduction begins
  return total;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let mTileCount = sizes.B * sizes.T;
  let tile = i32(group.x + group.y * groups.x);
  if (mTileCount * 192 <= tile) { return; }
  let nTile = tile % 192;
  let mTile = tile / 192;
  let batch = 0;
  let m0 = mTile;
  let n0 = nTile * 4;
  var sum0 = vec4<f32>();
  for (var k = i32(local) * 4; k < 512; k += 256) {
    let b0 = right(batch, n0, k);
    let b1 = right(batch, n0 + 1, k);
    let b2 = right(batch, n0 + 2, k);
    let b3 = right(batch, n0 + 3, k);
    let a0 = left(batch, m0, k);
    sum0 += vec4<f32>(dot(a0, b0), dot(a0, b1), dot(a0, b2), dot(a0, b3));
  }
  let total0 = sumOverGroup4(sum0, local);
  if (local == 0u) { store(batch, m0, n0, total0); }
}
