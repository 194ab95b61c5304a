/** Marked regions as SVG over the picture, with their numbers. */
import { svgElement } from '../dom.ts';
import type { RegionState } from '../state/state.ts';
import { boundsOf, type Shape } from './geometry.ts';

/** Width of the drawing in its own units; its height follows from the picture's proportions. */
const width = 1000;

/** Shows the regions, and the shape that is being drawn. @param aspect height of the picture over its width */
export function showMarks(
  svg: SVGSVGElement,
  aspect: number,
  regions: readonly RegionState[],
  active: number | undefined,
  draft: Shape | undefined,
): void {
  const height = width * aspect;
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  const marks = regions.map(({ id, shape }, i) => {
    const kind = id === active ? 'mark active' : 'mark';
    return svgElement('g', { class: kind }, ...outline(shape, height), ...tag(shape, height, i + 1));
  });
  const drawn = draft === undefined ? [] : [svgElement('g', { class: 'mark active draft' }, ...outline(draft, height))];
  svg.replaceChildren(...marks, ...drawn);
}

function outline(shape: Shape, height: number): SVGElement[] {
  const d = pathOf(shape, height);
  return [svgElement('path', { class: 'halo', d }), svgElement('path', { class: 'edge', d })];
}

function pathOf(shape: Shape, height: number): string {
  const [x1, y1, x2, y2] = boundsOf(shape);
  const corners = [
    { x: x1, y: y1 },
    { x: x2, y: y1 },
    { x: x2, y: y2 },
    { x: x1, y: y2 },
  ];
  const points = shape.kind === 'box' ? corners : shape.points;
  return `M${points.map(({ x, y }) => `${(x * width).toFixed(1)} ${(y * height).toFixed(1)}`).join('L')}Z`;
}

/** A number at the upper left of a shape, within the picture. */
function tag(shape: Shape, height: number, number: number): SVGElement[] {
  const side = 44;
  const [x1, y1] = boundsOf(shape);
  const [x, y] = [Math.min(x1 * width, width - side), Math.min(y1 * height, height - side)];
  return [
    svgElement('rect', { class: 'tag', x, y, width: side, height: side, rx: 6 }),
    svgElement('text', { x: x + side / 2, y: y + side / 2 }, String(number)),
  ];
}
