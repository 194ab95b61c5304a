// contract_0: contract, direct
// a contract kernel

@group(0) @binding(0) var<storage, read> in0: array<f32>;  // l f32
@group(0) @binding(1) var<storage, read> in1: array<f32>;  // r f32
@group(0) @binding(2) var<storage, read> in2: array<f32>;  // c f32
@group(0) @binding(3) var<storage, read_write> out3: array<f32>;  // o f32
struct Sizes { B: i32, S: i32, T: i32 }
@group(0) @binding(4) var<uniform> sizes: Sizes;

fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

// Some devices make infinity of NaN.
fn exponential(x: f32) -> f32 { return select(exp(x), x, isNan(x)); }

fn sigmoid(x: f32) -> f32 {
  let t = exponential(-abs(x));  // never above 1: nothing overflows
  return select(1.0, t, x < 0.0) / (1.0 + t);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let blockCount = (sizes.B * sizes.S * sizes.T + 63) / 64;
  let block = i32(group.x + group.y * groups.x);
  if (blockCount <= block) { return; }
  let result = block * 64 + i32(local);
  if (sizes.B * sizes.S * sizes.T <= result) { return; }
  let n = result % sizes.S;
  let m = result / sizes.S % sizes.T;
  let batch = result / sizes.S / sizes.T;
  var sum = 0.0;
  for (var k = 0; k < 27; k++) {
    sum += in0[batch * (sizes.T * 27) + m * 27 + k] * in1[batch * (sizes.S * 27) + k * sizes.S + n];
  }
  let x0 = sum + in2[n];
  out3[batch * (sizes.S * sizes.T) + m * sizes.S + n] = x0 * sigmoid(x0);
}
