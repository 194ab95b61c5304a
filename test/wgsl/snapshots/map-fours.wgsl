// map_0: map, fours
// a map kernel

enable f16;

@group(0) @binding(0) var<storage, read> in0: array<i32>;  // ids [B, T] i32
@group(0) @binding(1) var<storage, read> in1: array<vec4<f16>>;  // table [V=100, W=16] f16
@group(0) @binding(2) var<storage, read> in2: array<vec4<f32>>;  // cls [W=16] f32
@group(0) @binding(3) var<storage, read> in3: array<vec2<u32>>;  // positions [P=78, W=16] bf16
@group(0) @binding(4) var<storage, read_write> out4: array<vec4<f32>>;  // y f32
struct Sizes { B: i32, S: i32, T: i32 }
@group(0) @binding(5) var<uniform> sizes: Sizes;

fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

// Some devices make infinity of NaN.
fn exponential(x: f32) -> f32 { return select(exp(x), x, isNan(x)); }

// erf to 1e-7: least-squares polynomials of erf(x) / x in x² up to 1, and of exp(x²) erfc(x) in 1 / (1 + x) beyond.
fn errorFunction(x: f32) -> f32 {
  let s = x * x;
  let near = x * (1.1283791659 + s * (-0.3761262691 + s * (0.1128359749 + s * (-0.0268543295
    + s * (0.0051893128 + s * (-0.000801885901 + s * 0.0000788250044))))));
  let t = 1.0 / (1.0 + abs(x));
  let scaled = -0.000129718923 + t * (0.5672682047 + t * (0.5341492354 + t * (0.4324722098
    + t * (-0.6487426665 + t * (-0.5794811626 + t * (1.2607107424 - t * 0.5837493044))))));
  let far = 1.0 - exponential(-s) * scaled;
  return select(select(far, -far, x < 0.0), near, abs(x) < 1.0);
}

fn errorFunction4(a: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(errorFunction(a.x), errorFunction(a.y), errorFunction(a.z), errorFunction(a.w));
}

fn unpackBrains(words: vec2<u32>) -> vec4<f32> {
  return bitcast<vec4<f32>>(vec4<u32>(words.x << 16u, words.x & 0xffff0000u, words.y << 16u, words.y & 0xffff0000u));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let blockCount = (sizes.B * sizes.T * 16 + sizes.B * 16 + 255) / 256;
  let block = i32(group.x + group.y * groups.x);
  if (blockCount <= block) { return; }
  let point = (block * 64 + i32(local)) * 4;
  if (sizes.B * sizes.T * 16 + sizes.B * 16 <= point) { return; }
  let w = point % 16;
  let rest0 = point / 16;
  let t = rest0 % (sizes.T + 1);
  let b = rest0 / (sizes.T + 1);
  var x0: vec4<f32>;
  if (1 <= t) {
    x0 = vec4<f32>(in1[(in0[b * sizes.T + t - 1] * 16 + w) >> 2u]);
  } else {
    x0 = in2[w >> 2u];
  }
  out4[(b * (sizes.T * 16 + 16) + t * 16 + w) >> 2u] = x0 * 0.5 * (errorFunction4(x0 * 0.70710677) + 1.0) + unpackBrains(in3[(t * 16 + w) >> 2u]);
}
