// What is drawn on objects, in a second tone.
import type { Texture } from './vocabulary.ts';

/**
 * How much of the second tone shows at a point, from 0 to 1. Lengths are fractions of the picture's side.
 * @param side of the picture in pixels; edges are smooth across one of them
 */
export type Pattern = (x: number, y: number, side: number) => number;

const stripe = { period: 0.068, width: 0.029 };
const spot = { period: 0.078, radius: 0.022 };
const check = 0.056;

export const textures: Readonly<Record<Texture, Pattern>> = {
  plain: () => 0,
  striped: (x, _, side) => {
    const place = x / stripe.period;
    const fromMiddle = Math.abs(place - Math.floor(place) - 0.5) * stripe.period;
    return smoothEdge(stripe.width / 2 - fromMiddle, side);
  },
  /** Every second row is moved by half a period. */
  spotted: (x, y, side) => {
    const row = Math.floor(y / spot.period);
    const place = x / spot.period + (row % 2 === 0 ? 0 : 0.5);
    const acrossX = (place - Math.floor(place) - 0.5) * spot.period;
    const acrossY = y - (row + 0.5) * spot.period;
    return smoothEdge(spot.radius - Math.sqrt(acrossX * acrossX + acrossY * acrossY), side);
  },
  checkered: (x, y, side) => 0.5 - 2 * alternating(x, side) * alternating(y, side),
};

/** 1 inside, 0 outside, in between across one pixel. */
const smoothEdge = (inside: number, side: number): number => Math.min(1, Math.max(0, 0.5 + inside * side));

/** 1/2 in every second check, −1/2 in the others, in between across one pixel. */
function alternating(x: number, side: number): number {
  const place = x / check;
  const whole = Math.floor(place);
  const part = place - whole;
  const fromEdge = Math.min(part, 1 - part) * check;
  const value = Math.min(0.5, fromEdge * side);
  return whole % 2 === 0 ? value : -value;
}
