// Seeded random numbers, the same on every host: xoshiro128** of Blackman and Vigna (https://prng.di.unimi.it),
// its state filled by splitmix32. Normal values are Box–Muller's.

export interface Random {
  /** An integer in [0, 2³²). */
  integer(): number;
  /** A number in [0, 1), a multiple of 2⁻³². */
  uniform(): number;
  /** A normal number, mean 0, standard deviation 1. */
  normal(): number;
}

/**
 * @param seed an integer, of which 53 bits count
 * @param stream tells independent sequences of one seed apart, for instance a tensor's name
 */
export function random(seed: number, stream = ''): Random {
  const fill = splitmix32(hash(`${seed}/${stream}`));
  const integer = xoshiro128([fill(), fill(), fill(), fill()]);
  let spare: number | undefined;

  const uniform = (): number => integer() / 2 ** 32;
  const normal = (): number => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log((integer() + 1) / 2 ** 32)); // in (0, 1], where the logarithm is finite
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return { integer, uniform, normal };
}

/** xoshiro128**: integers in [0, 2³²) from a state of four, not all of which may be 0. */
export function xoshiro128(state: readonly [number, number, number, number]): () => number {
  let [a, b, c, d] = state;
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
}

/** A normal number within two standard deviations. */
export function truncatedNormal(source: Random): number {
  for (;;) {
    const value = source.normal();
    if (Math.abs(value) <= 2) return value;
  }
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

/** FNV-1a over UTF-16 code units. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state;
}

function splitmix32(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
}
