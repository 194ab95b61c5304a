/** One colour for each contender, on all charts: ours in shades of one. */
const colours: Readonly<Record<string, string>> = {
  'wasm-wide': 's0',
  'wasm-relaxed': 's7',
  'wasm-baseline': 's8',
  dawn: 's3',
  'onnxruntime-node': 's1',
  'onnxruntime-web': 's2',
  'jax-js': 's4',
  tfjs: 's5',
};

/** The class that gives an element the contender's colour. */
export const colourOf = (name: string): string => colours[name] ?? 's6';
