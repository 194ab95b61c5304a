/** Drawing a box with the keyboard: Enter begins and ends, arrow keys move, Shift with them resizes, Escape gives up. */
import type { Box } from '../../../../model/preprocess/geometry.ts';
import { moveBox, resizeBox } from './geometry.ts';

/** What a key does to the box that is being drawn. */
export type KeyOutcome =
  | { readonly kind: 'draft'; readonly box: Box }
  | { readonly kind: 'finish'; readonly box: Box }
  | { readonly kind: 'cancel' };

/** The box that drawing begins with: the middle of the picture. */
const firstBox: Box = [0.3, 0.3, 0.7, 0.7];
const step = 0.02;

const directions: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-step, 0],
  ArrowRight: [step, 0],
  ArrowUp: [0, -step],
  ArrowDown: [0, step],
};

/**
 * @param draft the box that is being drawn, if one is
 * @returns undefined for a key that means nothing here
 */
export function afterKey(key: string, shift: boolean, draft: Box | undefined): KeyOutcome | undefined {
  if (draft === undefined) return key === 'Enter' || key === ' ' ? { kind: 'draft', box: firstBox } : undefined;
  if (key === 'Enter' || key === ' ') return { kind: 'finish', box: draft };
  if (key === 'Escape') return { kind: 'cancel' };
  const direction = directions[key];
  return direction && { kind: 'draft', box: (shift ? resizeBox : moveBox)(draft, ...direction) };
}
