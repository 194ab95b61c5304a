// map_0: map, single
// a map kernel

@group(0) @binding(0) var<storage, read> in0: array<f32>;  // x f32
@group(0) @binding(1) var<storage, read> in1: array<i32>;  // position i32
@group(0) @binding(2) var<storage, read_write> state2: array<f32>;  // cache f32
struct Sizes { B: i32, S: i32, T: i32 }
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let blockCount = (sizes.T * 6 + 63) / 64;
  let block = i32(group.x + group.y * groups.x);
  if (blockCount <= block) { return; }
  let point = block * 64 + i32(local);
  if (sizes.T * 6 <= point) { return; }
  let w = point % 6;
  let t = point / 6;
  let i0 = in1[0] * 6 + t * 6 + w;
  state2[i0] = in0[t * 6 + w] + state2[i0];
}
