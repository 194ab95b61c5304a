// row_0: row, treeLong
// a row kernel

@group(0) @binding(0) var<storage, read> in0: array<f32>;  // x f32
@group(0) @binding(1) var<storage, read_write> out1: array<f32>;  // y f32
@group(0) @binding(2) var<storage, read_write> out2: array<f32>;  // lse f32
struct Sizes { B: i32, S: i32, T: i32 }
@group(0) @binding(3) var<uniform> sizes: Sizes;

var<workgroup> partials: array<f32, 256>;

// WGSL has no constant for infinity; this is none to the compiler.
var<private> infinityBits: u32 = 0x7f800000u;

fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

// The larger one, or NaN if either is.
fn maximum(a: f32, b: f32) -> f32 { return select(select(max(a, b), b, isNan(b)), a, isNan(a)); }

// Some devices make infinity of NaN.
fn exponential(x: f32) -> f32 { return select(exp(x), x, isNan(x)); }

// The builtin has an absolute error around 1. For x = 2^e · m with m around 1 and s = (m - 1) / (m + 1): log m = 2 artanh s.
fn logarithm(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) == 0u) { return -bitcast<f32>(infinityBits); }
  if (0x7f800000u <= bits) { return bitcast<f32>(select(bits | 0x7fc00000u, bits, bits == 0x7f800000u)); }
  if (bits < 0x00800000u) { return log(x); }
  let shifted = bits - 0x3f3504f3u;  // of the square root of 1/2, so that m lies between it and its double
  let exponent = f32(bitcast<i32>(shifted) >> 23u);
  let m = bitcast<f32>((shifted & 0x007fffffu) + 0x3f3504f3u);
  let s = (m - 1.0) / (m + 1.0);
  let z = s * s;
  return exponent * 0.69314718 + 2.0 * s * (1.0 + z * (0.33333333 + z * (0.2 + z * (0.14285714 + z * 0.11111111))));
}

fn largestOverGroup(value: f32, local: u32) -> f32 {
  partials[local] = value;
  workgroupBarrier();
  for (var stride = 128u; stride >= 1u; stride >>= 1u) {
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
  for (var stride = 128u; stride >= 1u; stride >>= 1u) {
    if (local < stride) { partials[local] = partials[local] + partials[local + stride]; }
    workgroupBarrier();
  }
  let total = partials[0];
  workgroupBarrier();  // all have read it before the next reduction begins
  return total;
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let rowCount = sizes.B * sizes.T;
  let row = i32(group.x + group.y * groups.x);
  if (rowCount <= row) { return; }
  var largest0 = -bitcast<f32>(infinityBits);
  for (var along = i32(local); along < sizes.S; along += 256) {
    largest0 = maximum(largest0, in0[row * sizes.S + along]);
  }
  let reduced0 = largestOverGroup(largest0, local);
  var sum0 = 0.0;
  for (var along = i32(local); along < sizes.S; along += 256) {
    sum0 += exponential(in0[row * sizes.S + along] - reduced0);
  }
  let reduced1 = sumOverGroup(sum0, local);
  if (i32(local) == 0) {
    out2[row] = logarithm(reduced1) + reduced0;
  }
  for (var along = i32(local); along < sizes.S; along += 256) {
    let i0 = row * sizes.S + along;
    out1[i0] = exponential(in0[i0] - reduced0) / reduced1;
  }
}
