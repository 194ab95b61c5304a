// select_0: select, largest
// a select kernel

@group(0) @binding(0) var<storage, read> in0: array<f32>;  // x f32
@group(0) @binding(1) var<storage, read_write> out1: array<i32>;  // ids i32
@group(0) @binding(2) var<storage, read_write> out2: array<f32>;  // values f32
struct Sizes { B: i32, S: i32, T: i32 }
@group(0) @binding(3) var<uniform> sizes: Sizes;

var<workgroup> ranks: array<u32, 256>;
var<workgroup> indices: array<i32, 256>;

fn valueAt(row: i32, along: i32) -> f32 {
  return in0[row * sizes.S + along];
}

fn rankOf(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) { return 0xffffffffu; }
  if ((bits & 0x7fffffffu) == 0u) { return 0x80000000u; }
  return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);
}

fn rankAt(row: i32, along: i32) -> u32 {
  return rankOf(valueAt(row, along));
}

fn comesBefore(rankA: u32, indexA: i32, rankB: u32, indexB: i32) -> bool {
  return rankB < rankA || (rankA == rankB && indexA < indexB);
}

fn firstOfGroup(rank: u32, index: i32, local: u32) -> i32 {
  ranks[local] = rank;
  indices[local] = index;
  workgroupBarrier();
  for (var stride = 128u; stride > 0u; stride >>= 1u) {
    if (local < stride && comesBefore(ranks[local + stride], indices[local + stride], ranks[local], indices[local])) {
      ranks[local] = ranks[local + stride];
      indices[local] = indices[local + stride];
    }
    workgroupBarrier();
  }
  let first = indices[0];
  workgroupBarrier();  // all have read it before the next search begins
  return first;
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = i32(group.x + group.y * groups.x);
  if (sizes.B <= row) { return; }
  var afterRank = 0xffffffffu;
  var afterIndex = -1;
  for (var slot = 0; slot < 5; slot++) {
    var rank = 0u;
    var index = 0x7fffffff;
    for (var along = i32(local); along < sizes.S; along += 256) {
      let other = rankAt(row, along);
      if (!comesBefore(afterRank, afterIndex, other, along)) { continue; }
      if (comesBefore(other, along, rank, index)) { rank = other; index = along; }
    }
    let found = firstOfGroup(rank, index, local);
    if (local == 0u) {
      let i0 = row * 5 + slot;
      let x0 = in0[row * sizes.S + found];
      out1[i0] = found;
      out2[i0] = x0;
    }
    afterRank = rankAt(row, found);
    afterIndex = found;
  }
}
