/** The four linear bridges between vision, language and the shared embedding space. */
import { type Dim, dim, linear, rename, type Tensor } from '../../dsl/index.ts';
import type { ModelGraph } from './model.ts';

type Ending<S extends readonly Dim[], N extends string> = Tensor<readonly [...S, Dim<N>]>;

/** V → V_Emb: C → E. */
export function h1<S extends readonly Dim[]>(m: ModelGraph, v: Ending<S, 'C'>): Ending<S, 'E'> {
  const { C, E } = m.dims;
  return linear(v, m.matrix('h1.weight', [E, C]), m.vector('h1.bias', [E]));
}

/** Hidden state at [EMB] → W_Emb: D → E. */
export function h2<S extends readonly Dim[]>(m: ModelGraph, hidden: Ending<S, 'D'>): Ending<S, 'E'> {
  const { D, E } = m.dims;
  return linear(hidden, m.matrix('h2.weight', [E, D]), m.vector('h2.bias', [E]));
}

/** V_Emb → V_in: E → D. */
export function h3<S extends readonly Dim[]>(m: ModelGraph, embedding: Ending<S, 'E'>): Ending<S, 'D'> {
  const { D, E } = m.dims;
  return linear(embedding, m.matrix('h3.weight', [D, E]), m.vector('h3.bias', [D]));
}

/** A region's V_Emb → its place among the text embeddings: E → E, learnt in stage 2, at first the identity. */
export function h4<S extends readonly Dim[]>(m: ModelGraph, embedding: Ending<S, 'E'>): Ending<S, 'E'> {
  const { E } = m.dims;
  // From E to E: the dimension that goes in needs a name of its own.
  const from = rename(embedding as Tensor, 'E', 'V_Emb') as unknown as Ending<S, 'V_Emb'>;
  return linear(from, m.matrix('h4.weight', [E, dim('V_Emb', E.extent)]), m.vector('h4.bias', [E]));
}
