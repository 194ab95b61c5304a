/** A lasso as the mask that the model takes. */
import type { Mask } from '../../../../model/session/masks.ts';
import type { Point } from './geometry.ts';

/** Lines through each row of pixels along which the lasso is cut. */
const linesPerRow = 4;

/**
 * How much of each pixel lies within a lasso, from 0 to 1; where it crosses itself, what is enclosed an even number of times
 * is outside. Along a line the share is exact, across it is the mean of a few lines.
 */
export function lassoMask(points: readonly Point[], width: number, height: number): Mask {
  const data = new Float32Array(width * height);
  for (let line = 0; line < height * linesPerRow; line++) {
    const y = (line + 0.5) / (height * linesPerRow);
    const row = Math.floor(line / linesPerRow) * width;
    const cuts = crossings(points, y);
    for (let i = 0; i + 1 < cuts.length; i += 2) {
      addSpan(data.subarray(row, row + width), cuts[i]! * width, cuts[i + 1]! * width);
    }
  }
  return { width, height, data };
}

/** Where a horizontal line crosses the outline, from left to right. */
function crossings(points: readonly Point[], y: number): number[] {
  const cuts = points.flatMap((a, i) => {
    const b = points[(i + 1) % points.length]!;
    return a.y > y === b.y > y ? [] : [a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)];
  });
  return cuts.sort((a, b) => a - b);
}

/** Adds what a span, in pixels, covers of each pixel of a row, as one line of several. */
function addSpan(row: Float32Array, from: number, to: number): void {
  for (let x = Math.max(0, Math.floor(from)); x < Math.min(row.length, Math.ceil(to)); x++) {
    row[x]! += Math.max(0, Math.min(x + 1, to) - Math.max(x, from)) / linesPerRow;
  }
}
