/** The language model: 128 tokens at once, and one token behind 128 others, whose keys and values lie in the cache. */
import { dim, input, ropeFrequencies, trace } from '../../dsl/index.ts';
import { headWidth, type MmgemConfig } from '../../model/config.ts';
import { namedConfig } from '../../model/configs.ts';
import { afterCache, embedTokens, lastHidden, llmLayers, logits, type TokenIds } from '../../model/graph/llm.ts';
import { modelGraph } from '../../model/graph/model.ts';
import { languageShapes } from '../../model/parameters.ts';
import { llamaOnnx } from '../peers/llama-onnx.ts';
import type { Suite, WorkloadCase } from './suite.ts';
import { exactly, normal, type Operand, type Operands, type Workload, weight } from './workload.ts';

const promptTokens = 128;

type Phase = 'prefill' | 'decode';
type Storage = 'f32' | 'bf16';

/** TinyLlama with so many of its layers. */
function tinyLlama(layers: number): MmgemConfig {
  const config = namedConfig('vit-b-16+tinyllama');
  return { ...config, language: { ...config.language, layers } };
}

/**
 * Logits [1, V] of the last token. Peers take part in f32, where the model fits into the 2 GiB of an ONNX file. What of the cache is an
 * input to them is a state of ours.
 */
export function llamaWorkload(config: MmgemConfig, phase: Phase, storage: Storage, withPeers: boolean): Workload {
  const { language } = config;
  const [tokens, past] = phase === 'prefill' ? [promptTokens, 0] : [1, promptTokens];
  const ids = Int32Array.from({ length: tokens }, (_, i) => 3 + ((i * 37) % (language.vocab_size - 3)));
  const k = headWidth(language);
  const frequencies = ropeFrequencies(k, language.rope_theta);
  const weights: Operands = new Map<string, Operand>([
    ...[...languageShapes(language)].map(([name, shape]) => [name, weight(shape)] as const),
    ['rope.frequencies', exactly([k / 2], frequencies)],
  ]);
  /** Our cache is a state, which begins with zeros; a peer is given as many. */
  const zeros = normal([1, language.kv_heads, past, k], 0);
  const caches = Array.from({ length: past > 0 ? language.layers : 0 }, (_, layer) => [
    `past.${layer}.k`,
    `past.${layer}.v`,
  ]);
  return {
    weights,
    inputs: new Map([
      ['ids', exactly([1, tokens], ids)],
      ...(withPeers ? caches.flat().map((name) => [name, zeros] as const) : []),
    ]),
    sizes: { B: 1, P: past, capacity: 2 * promptTokens },
    graph() {
      const m = modelGraph(config, { storage });
      const given = input('ids', [m.dims.B, dim('T', tokens)], 'i32') as TokenIds;
      const context = afterCache(m, given.shape[1]);
      return trace(
        phase,
        { y: logits(m, lastHidden(m, llmLayers(m, embedTokens(m, given), context))) },
        context.updates,
      );
    },
    ...(withPeers && { onnx: (data) => llamaOnnx(config, { tokens, past }, data) }),
  };
}

interface Row {
  readonly title: string;
  readonly config: () => MmgemConfig;
  readonly storage: Storage;
  readonly peers: boolean;
  readonly when?: 'both';
}

const rows: readonly Row[] = [
  { title: 'nano', config: () => namedConfig('nano'), storage: 'f32', peers: true, when: 'both' },
  { title: 'TinyLlama, 4 layers, f32', config: () => tinyLlama(4), storage: 'f32', peers: true },
  // 3.7 GB of weights: more do not fit into a WebAssembly memory of 4 GiB.
  { title: 'TinyLlama, 18 of 22 layers, f32', config: () => tinyLlama(18), storage: 'f32', peers: false },
  { title: 'TinyLlama, 22 layers, bf16', config: () => tinyLlama(22), storage: 'bf16', peers: false },
];

const cases = rows.flatMap(({ title, config, storage, peers, when }) =>
  (['prefill', 'decode'] as const).map(
    (phase): WorkloadCase => ({
      kind: 'workload',
      name: `${title}, ${phase === 'prefill' ? `prefill ${promptTokens}` : 'decode'}`,
      per: { count: phase === 'prefill' ? promptTokens : 1, unit: 'tokens' },
      ...(when && { when }),
      workload: () => llamaWorkload(config(), phase, storage, peers),
    }),
  ),
);

export const llamaSuite: Suite = {
  name: 'llama',
  about: 'A Llama of random weights: a prompt of 128 tokens, then one token behind it, logits included',
  cases,
};
