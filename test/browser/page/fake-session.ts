/** A model that knows nothing and answers at once, for working on the page without an engine. */
import type { HeatMap } from '../../../model/heat-map.ts';
import type { RgbImage } from '../../../model/preprocess/image.ts';
import type { ModelSession, Sessions } from '../../../targets/browser/page/work/session.ts';

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const sentences = [
  'a large red circle above a small blue square',
  'a green star left of a striped purple moon on a white background',
  'two hearts and a small checkered ring',
  'a spotted orange triangle',
];

/** Chance from a text or an image, the same for the same one. */
function seedOf(data: Iterable<number>): number {
  let seed = 7;
  for (const value of data) seed = (seed * 31 + value) % 2147483647;
  return seed;
}

function embeddingOf(seed: number): Float32Array {
  const values = Float32Array.from({ length: 8 }, (_, i) => Math.sin(seed * (i + 1)));
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

function session(noise: number): ModelSession {
  return {
    model: { name: 'nano', side: 96, parameters: 5.3e6 },
    description: 'relaxed SIMD (V8 runs it correctly), 2 threads',
    async embedImage({ data }: RgbImage) {
      await wait(40);
      return embeddingOf(seedOf(data)).map((value) => value + noise * value);
    },
    async embedText(text) {
      await wait(20);
      return embeddingOf(seedOf([...text].map((letter) => letter.charCodeAt(0))));
    },
    async *caption({ data }, { part, signal }) {
      const seed = seedOf(data) + (part === undefined ? 0 : 3);
      for (const word of sentences[seed % sentences.length]!.split(' ')) {
        await wait(50);
        signal.throwIfAborted();
        yield ` ${word}`;
      }
    },
    async locate(_, text): Promise<HeatMap> {
      await wait(60);
      const seed = seedOf([...text].map((letter) => letter.charCodeAt(0)));
      const [cx, cy] = [(seed % 12) / 12, ((seed >> 4) % 12) / 12];
      const values = Float32Array.from({ length: 144 }, (_, i) => {
        const [x, y] = [(i % 12) / 12, Math.floor(i / 12) / 12];
        return 0.8 * Math.exp(-8 * ((x - cx) ** 2 + (y - cy) ** 2)) - 0.1;
      });
      return { width: 12, height: 12, values, region: [0, 0, 1, 1] };
    },
    memory: async () => 48e6,
    lost: new Promise(() => {}),
    close: async () => {},
  };
}

export const fakeSessions: Sessions = {
  async probe(backend) {
    if (backend === 'wasm') return { usable: true, description: 'relaxed SIMD, 2 threads' };
    return {
      usable: true,
      description: 'SwiftShader',
      drawback: 'SwiftShader is a software driver, slower than WebAssembly',
    };
  },
  async open(backend, onProgress) {
    for (let i = 0; i < 10; i++) {
      onProgress(i / 10, i < 4 ? 'compiling textEmbedding' : 'loading weights');
      await wait(60);
    }
    return session(backend === 'wasm' ? 0 : 1e-6);
  },
};
