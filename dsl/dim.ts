/** Named dimensions, fixed (`dim('W', 768)`) or symbolic (`dim('B')`), and how they are shown to people. */
import { type Extent, type ExtentLike, extent, fixedExtent, formatExtent, symbol } from './extent.ts';

/** A dimension. Its name is part of its type, so that TypeScript sees shapes that do not fit. */
export interface Dim<N extends string = string> {
  readonly name: N;
  readonly extent: Extent;
  /** The largest size that a symbolic dimension may take when a program runs. */
  readonly max?: number;
}

export type Shape = readonly Dim[];

/**
 * A dimension called `name`: of a fixed size, of an extent that other dimensions determine, or, without a size,
 * symbolic: its size is given anew at every run, up to `max`.
 */
export function dim<N extends string>(name: N, size?: ExtentLike, options: { readonly max?: number } = {}): Dim<N> {
  return { name, extent: size === undefined ? symbol(name) : extent(size), ...options };
}

/** `W=768`, `B`, or `S=P + T`. */
export function formatDim({ name, extent: size }: Dim): string {
  const fixed = fixedExtent(size);
  if (fixed !== undefined) return `${name}=${fixed}`;
  const text = formatExtent(size);
  return text === name ? name : `${name}=${text}`;
}

/** `[B, T=50, W=768]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.map(formatDim).join(', ')}]`;
}
