/** Pictures in the order in which a text is like them. */

export interface Place {
  /** Of the picture, in the list that was given. */
  readonly index: number;
  /** Absent for a picture that has no embedding yet. */
  readonly cosine?: number;
}

/**
 * @param text of length 1, as all embeddings are
 * @returns best first, equally good ones in their order; those without an embedding at the end
 */
export function rank(text: Float32Array, pictures: readonly (Float32Array | undefined)[]): Place[] {
  const places = pictures.map((picture, index): Place => (picture ? { index, cosine: dot(text, picture) } : { index }));
  const value = ({ cosine }: Place): number => cosine ?? Number.NEGATIVE_INFINITY;
  // Of two that lack it the difference would be no number.
  return places.sort((a, b) => (value(a) === value(b) ? a.index - b.index : value(b) - value(a)));
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
