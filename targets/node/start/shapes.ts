/** Plane figures: which points of the square from −1 to 1 belong to them. */

/** Whether a point is inside, x to the right and y down. Every figure touches the square's sides or comes close to them. */
export type Inside = (x: number, y: number) => boolean;

const insideCircle: Inside = (x, y) => x * x + y * y <= 1;

/** A polygon whose corners lie at the given radii, one after the other around the middle, the first one above it. */
function polygon(...radii: readonly number[]): Inside {
  const corners = radii.map((radius, i) => {
    const angle = (2 * Math.PI * i) / radii.length;
    return [radius * Math.sin(angle), -radius * Math.cos(angle)] as const;
  });
  return (x, y) => {
    let inside = false;
    corners.forEach(([x1, y1], i) => {
      const [x2, y2] = corners[(i + 1) % corners.length]!;
      // A ray to the right crosses the outline an odd number of times.
      if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
    });
    return inside;
  };
}

/** By the word for it. */
export const shapes: Readonly<Record<string, Inside>> = {
  circle: insideCircle,
  square: (x, y) => Math.abs(x) <= 0.86 && Math.abs(y) <= 0.86,
  triangle: polygon(1, 1, 1),
  ring: (x, y) => insideCircle(x, y) && !insideCircle(1.8 * x, 1.8 * y),
  star: polygon(...Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? 1 : 0.42))),
  cross: (x, y) => Math.min(Math.abs(x), Math.abs(y)) <= 0.3 && Math.max(Math.abs(x), Math.abs(y)) <= 0.9,
};
