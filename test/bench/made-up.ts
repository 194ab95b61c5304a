/** A benchmark run that never was: one case of each kind, two contenders, the machine; a model in browsers beside Node. */
import type { BenchmarkResult, CaseResult, ContenderResult } from '../../bench/result.ts';
import { summary } from '../../bench/statistics.ts';
import type { Work } from '../../bench/work.ts';

const kindOf = (name: string): ContenderResult['kind'] =>
  name.startsWith('wasm') ? 'backend' : name.startsWith('machine') ? 'machine' : 'peer';

function contender(name: string, times: readonly number[], work: Work): ContenderResult {
  const kind = kindOf(name);
  return { name, kind, description: `${name} 1.0`, notes: [], time: summary(times), rounds: times, work };
}

const work: Work = { flops: 2e9, bytes: 1e8 };

export const timed: CaseResult = {
  suite: 'vit',
  case: 'ViT-B/16, batch 1',
  threads: 1,
  per: { count: 1, unit: 'images' },
  contenders: [
    {
      ...contender('wasm-wide', [40, 42, 44], work),
      profile: [
        {
          kernel: 'linear',
          kind: 'contract',
          variant: 'blocked',
          count: 48,
          milliseconds: 36,
          share: 0.9,
          flops: 1.8e9,
          bytes: 9e7,
        },
        {
          kernel: 'layerNorm',
          kind: 'row',
          variant: 'along',
          count: 26,
          milliseconds: 4,
          share: 0.1,
          flops: 0,
          bytes: 1e7,
        },
      ],
    },
    { ...contender('onnxruntime-node', [50, 42, 60], work), difference: 3e-7 },
    {
      name: 'jax-js',
      kind: 'peer',
      description: 'jax-js',
      notes: [],
      failure: 'its result differs by 2.0e-1 of the largest element, more than 0.001',
      difference: 0.2,
    },
    contender('machine-peak', [10, 10, 10], { flops: 1e9, bytes: 0 }),
    contender('machine-bandwidth', [20, 20, 20], { flops: 0, bytes: 4e8 }),
  ],
};

export const planned: CaseResult = {
  suite: 'memory',
  case: 'ViT-B/16, batch 1',
  threads: 1,
  contenders: [],
  figure: { ratio: 1.05, value: 10.5e6, bound: 10e6, unit: 'bytes', against: 'lower bound' },
};

/** A model in pages, one of which writes another text than Node. */
export const hosted: CaseResult = {
  suite: 'browser',
  case: 'caption, 20 tokens',
  threads: 2,
  per: { count: 20, unit: 'tokens' },
  contenders: [
    hosting('wasm-wide', '256-bit SIMD, 2 threads', [40, 42, 44]),
    hosting('dawn', 'llvmpipe (mesa), a software driver', [400, 420, 440]),
    hosting('chromium-wasm', 'Chromium 156: relaxed SIMD, 2 threads', [60, 63, 66]),
    {
      ...hosting('chromium-webgpu', 'Chromium 156: SwiftShader (google), a software driver', [800, 840, 880]),
      counterpart: 'dawn',
    },
    {
      name: 'firefox-webgpu',
      kind: 'browser',
      description: 'Firefox 153: llvmpipe, a software driver',
      notes: [],
      counterpart: 'dawn',
      failure: 'its text is “a <star>”, and not “a red star”',
      difference: 1,
    },
  ],
};

function hosting(name: string, description: string, times: readonly number[]): ContenderResult {
  const kind = /^(chromium|firefox)/.test(name) ? 'browser' : 'backend';
  return { name, kind, description, notes: [], time: summary(times), rounds: times };
}

export const madeUp: BenchmarkResult = {
  format: 'mmgem-bench/1',
  machine: {
    processor: 'AMD EPYC <made up>',
    cores: 2,
    memory: 16e9,
    system: 'linux x64 6.1',
    node: '24.1.0',
    v8: '13.6',
    mmgem: '0.1.0',
  },
  quick: false,
  best: 'wasm-wide',
  unusable: { 'firefox-wasm': 'firefox is not installed: install it' },
  cases: [
    timed,
    planned,
    {
      suite: 'cold-start',
      case: 'nano',
      threads: 1,
      contenders: [],
      milliseconds: { untilWeights: 120, untilText: 900 },
    },
    { suite: 'training', case: 'ViT-Ti/16 at 160 px, batch 16', threads: 2, contenders: [], absent: 'no engine' },
    hosted,
  ],
};
