// row_0: row, subgroupFours
// a row kernel

enable f16;
enable subgroups;

@group(0) @binding(0) var<storage, read> in0: array<vec4<f32>>;  // x f32
@group(0) @binding(1) var<storage, read> in1: array<vec4<f16>>;  // g f16
@group(0) @binding(2) var<storage, read> in2: array<vec4<f32>>;  // b f32
@group(0) @binding(3) var<storage, read_write> out3: array<vec4<f32>>;  // y f32

var<workgroup> partials: array<f32, 16>;

// WGSL has no constant for infinity; this is none to the compiler.
var<private> infinityBits: u32 = 0x7f800000u;

fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

// The larger one, or NaN if either is.
fn maximum(a: f32, b: f32) -> f32 { return select(select(max(a, b), b, isNan(b)), a, isNan(a)); }

fn maximum4(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(maximum(a.x, b.x), maximum(a.y, b.y), maximum(a.z, b.z), maximum(a.w, b.w));
}

var<private> notANumberBits: u32 = 0x7fc00000u;

fn sumOverGroup(value: f32, local: u32, lane: u32, subgroupSize: u32) -> f32 {
  let own = subgroupAdd(value);
  if (lane == 0u) { partials[local / subgroupSize] = own; }
  workgroupBarrier();
  var total = partials[0];
  for (var i = 1u; i < 64u / subgroupSize; i++) { total = total + partials[i]; }
  workgroupBarrier();  // all have read it before the next reduction begins
  return total;
}

fn largestOverGroup(value: f32, local: u32, lane: u32, subgroupSize: u32) -> f32 {
  let anyNan = subgroupAny(isNan(value));
  let own = select(subgroupMax(value), bitcast<f32>(notANumberBits), anyNan);
  if (lane == 0u) { partials[local / subgroupSize] = own; }
  workgroupBarrier();
  var total = partials[0];
  for (var i = 1u; i < 64u / subgroupSize; i++) { total = maximum(total, partials[i]); }
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
  let row = i32(group.x + group.y * groups.x);
  if (197 <= row) { return; }
  var sum0 = vec4<f32>(0.0);
  var largest0 = vec4<f32>(-bitcast<f32>(infinityBits));
  for (var along = i32(local) * 4; along < 768; along += 256) {
    let x0 = in0[(row * 768 + along) >> 2u];
    sum0 += x0;
    largest0 = maximum4(largest0, abs(x0));
  }
  let reduced0 = sumOverGroup(sum0.x + sum0.y + (sum0.z + sum0.w), local, lane, subgroupSize);
  let reduced1 = largestOverGroup(maximum(maximum(largest0.x, largest0.y), maximum(largest0.z, largest0.w)), local, lane, subgroupSize);
  var sum1 = vec4<f32>(0.0);
  let x1 = reduced0 * 0.0013020834;
  for (var along = i32(local) * 4; along < 768; along += 256) {
    let x2 = in0[(row * 768 + along) >> 2u] - x1;
    sum1 += x2 * x2;
  }
  let reduced2 = sumOverGroup(sum1.x + sum1.y + (sum1.z + sum1.w), local, lane, subgroupSize);
  let x3 = inverseSqrt(reduced2 * 0.0013020834 + 0.00001);
  for (var along = i32(local) * 4; along < 768; along += 256) {
    let i0 = row * 768 + along;
    out3[i0 >> 2u] = (in0[i0 >> 2u] - x1) * x3 * vec4<f32>(in1[along >> 2u]) + in2[along >> 2u] * reduced1;
  }
}
