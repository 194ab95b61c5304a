/** One colour for each contender, on all charts: ours in shades of one, in browsers as in Node by backend. */
const colours: Readonly<Record<string, string>> = {
  'wasm-wide': 's0',
  'wasm-relaxed': 's7',
  'wasm-baseline': 's8',
  dawn: 's3',
  'chromium-wasm': 's7',
  'chromium-wasm-1': 's8',
  'chromium-webgpu': 's9',
  'firefox-wasm': 's7',
  'firefox-wasm-1': 's8',
  'firefox-webgpu': 's9',
  'onnxruntime-node': 's1',
  'onnxruntime-web': 's2',
  'jax-js': 's4',
  tfjs: 's5',
};

/** The class that gives an element the contender's colour. */
export const colourOf = (name: string): string => colours[name] ?? 's6';
