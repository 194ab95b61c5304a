// select_0: select, sample
// a select kernel

@group(0) @binding(0) var<storage, read> in0: array<f32>;  // x f32
@group(0) @binding(1) var<storage, read> in1: array<f32>;  // temperature f32
@group(0) @binding(2) var<storage, read> in2: array<i32>;  // topK i32
@group(0) @binding(3) var<storage, read> in3: array<f32>;  // topP f32
@group(0) @binding(4) var<storage, read> in4: array<f32>;  // uniform f32
@group(0) @binding(5) var<storage, read_write> out5: array<i32>;  // id i32
struct Sizes { B: i32, S: i32, T: i32 }
@group(0) @binding(6) var<uniform> sizes: Sizes;

// Elements are kept that rank above `rank`, and those of that rank up to `index`.
struct Kept { rank: u32, index: i32 }
struct View { row: i32, largest: f32, inverseTemperature: f32 }
struct Measure { weighs: bool, ofRank: bool, rank: u32 }

var<workgroup> ranks: array<u32, 256>;
var<workgroup> indices: array<i32, 256>;
var<workgroup> partials4: array<vec4<f32>, 256>;
var<workgroup> isRestricted: i32;
var<workgroup> runs: array<f32, 256>;
var<workgroup> chosen: i32;

fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

// Some devices make infinity of NaN.
fn exponential(x: f32) -> f32 { return select(exp(x), x, isNan(x)); }

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

fn isKept(kept: Kept, rank: u32, index: i32) -> bool {
  return kept.rank < rank || (rank == kept.rank && index <= kept.index);
}

fn weightOf(view: View, value: f32) -> f32 {
  return exponential((value - view.largest) * view.inverseTemperature);
}

fn valueOf(rank: u32) -> f32 {
  return bitcast<f32>(select(~rank, rank & 0x7fffffffu, (rank & 0x80000000u) != 0u));
}

fn amounts(view: View, kept: Kept, measure: Measure, thresholds: vec4<u32>, local: u32) -> vec4<f32> {
  var sums = vec4<f32>();
  for (var along = i32(local); along < sizes.S; along += 256) {
    let value = valueAt(view.row, along);
    let rank = rankOf(value);
    let lower = vec4<u32>(u32(along)) < thresholds;
    let counts = select(thresholds <= vec4<u32>(rank), lower, measure.ofRank);
    if (select(isKept(kept, rank, along), rank == measure.rank, measure.ofRank)) {
      let amount = select(1.0, weightOf(view, value), measure.weighs);
      sums += select(vec4<f32>(), vec4<f32>(amount), counts);
    }
  }
  return sumOverGroup4(sums, local);
}

fn sumOverGroup4(value: vec4<f32>, local: u32) -> vec4<f32> {
  partials4[local] = value;
  workgroupBarrier();
  for (var stride = 128u; stride >= 1u; stride >>= 1u) {
    if (local < stride) { partials4[local] = partials4[local] + partials4[local + stride]; }
    workgroupBarrier();
  }
  let total = partials4[0];
  workgroupBarrier();  // all have read it before the next reduction begins
  return total;
}

fn keptOf(view: View, topK: i32, topP: f32, local: u32) -> Kept {
  var kept = Kept(0u, 0x7fffffff);
  for (var limit = 0; limit < 2; limit++) {
    let byWeight = limit == 1;
    // Threads search together or not at all: one of them decides for all.
    if (local == 0u) { isRestricted = select(0, 1, select(topK < sizes.S, topP < 1.0, byWeight)); }
    if (workgroupUniformLoad(&isRestricted) == 0) { continue; }
    var goal = f32(topK);
    var rank = 0u;
    var last = 0u;
    // Round 0 is for all there is, rounds 1 to 16 find the rank, 17 is for what ranks above it, 18 to 33 find the index.
    for (var round = 0; round < 34; round++) {
      let ofRank = 17 < round;
      let shift = u32(select(32 - 2 * round, 66 - 2 * round, ofRank));
      if (ofRank && (u32(sizes.S) >> shift) == 0u) { continue; }  // no index has these bits
      let so = select(rank, last, ofRank);
      var thresholds = vec4<u32>(so | (1u << shift), so | (2u << shift), so | (3u << shift), 0u);
      if (round == 0) { thresholds = vec4<u32>(); }
      if (round == 17) { thresholds = vec4<u32>(rank + 1u); }
      let found = amounts(view, kept, Measure(byWeight && !ofRank, ofRank, rank), thresholds, local);
      if (round == 0) {
        goal = select(goal, topP * found.x, byWeight);
      } else if (round == 17) {
        let above = select(found.x, 0.0, rank == 0xffffffffu);
        let each = select(1.0, weightOf(view, valueOf(rank)), byWeight);
        goal = max(1.0, ceil((goal - above) / each));  // of this rank are needed
      } else if (ofRank) {
        // The largest end before which fewer than are needed lie is the index of the last one needed.
        let fewer = found < vec4<f32>(goal);
        last |= (u32(fewer.x) + u32(fewer.y) + u32(fewer.z)) << shift;
      } else {
        let enough = vec4<f32>(goal) <= found;
        rank |= (u32(enough.x) + u32(enough.y) + u32(enough.z)) << shift;
      }
    }
    let index = i32(min(last, 0x7fffffffu));
    // Of equals no more than were kept before.
    kept = Kept(rank, select(index, min(index, kept.index), rank == kept.rank));
  }
  return kept;
}

fn keptWeight(view: View, kept: Kept, along: i32) -> f32 {
  let value = valueAt(view.row, along);
  return select(0.0, weightOf(view, value), isKept(kept, rankOf(value), along));
}

fn draw(view: View, kept: Kept, uniform: f32, fallback: i32, local: u32) -> i32 {
  let run = (sizes.S + 255) / 256;
  let start = i32(local) * run;
  let end = min(start + run, sizes.S);
  var weight = 0.0;
  for (var along = start; along < end; along++) { weight += keptWeight(view, kept, along); }
  runs[local] = weight;
  if (local == 0u) { chosen = fallback; }
  workgroupBarrier();
  var before = 0.0;
  var total = 0.0;
  for (var i = 0u; i < 256u; i++) {
    if (i == local) { before = total; }
    total += runs[i];
  }
  let goal = min(uniform, 0.99999994) * total;
  if (before <= goal && goal < before + weight) {
    var sum = 0.0;
    for (var along = start; along < end; along++) {
      sum += keptWeight(view, kept, along);
      if (goal < before + sum) { chosen = along; break; }
    }
  }
  workgroupBarrier();
  return chosen;
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = i32(group.x + group.y * groups.x);
  if (sizes.B <= row) { return; }
  let given = in1[0];
  let temperature = select(given, 1.0, given == 0.0);
  let givenK = in2[0];
  let topK = select(select(givenK, sizes.S, givenK <= 0), 1, given == 0.0);
  let topP = in3[0];
  let uniform = in4[row];
  var rank = 0u;
  var index = 0x7fffffff;
  for (var along = i32(local); along < sizes.S; along += 256) {
    let other = rankAt(row, along);
    if (comesBefore(other, along, rank, index)) { rank = other; index = along; }
  }
  let found = firstOfGroup(rank, index, local);
  let view = View(row, valueAt(row, found), 1.0 / temperature);
  let kept = keptOf(view, topK, topP, local);
  let drawn = draw(view, kept, uniform, found, local);
  if (local == 0u) {
    out5[row] = drawn;
  }
}
