// Where objects are, seen from each other and in the picture: what may be said of them, and what is true.
import {
  type Cell,
  type Direction,
  directionPhrases,
  type Position,
  positionCells,
  positionPhrases,
  type Relation,
} from './vocabulary.ts';

/** Centres of objects, in fractions of the picture, y down. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * Texts say what is plain to see: the direction in which objects lie rather than any other. It is also true that one
 * object is left of another when it is more above than left of it, as long as it can be seen.
 */
const strictness = {
  plain: { along: 0.1, slant: 1, between: { near: 0.3, away: 0.16 } },
  true: { along: 0.06, slant: 0.5, between: { near: 0.2, away: 0.28 } },
} as const;

export type Strictness = keyof typeof strictness;

const directions: Readonly<Record<Direction, readonly [x: number, y: number]>> = {
  left: [-1, 0],
  right: [1, 0],
  above: [0, -1],
  below: [0, 1],
};

/** Whether a subject is left of, above … each of the objects, or between two. */
export function relates(relation: Relation, subject: Place, objects: readonly Place[], strict: Strictness): boolean {
  if (relation === 'between') return objects.length === 2 && liesBetween(subject, objects[0]!, objects[1]!, strict);
  const { along: least, slant } = strictness[strict];
  const [x, y] = directions[relation];
  return objects.every((object) => {
    const [fromX, fromY] = [subject.x - object.x, subject.y - object.y];
    const along = fromX * x + fromY * y;
    const across = Math.abs(fromX * y) + Math.abs(fromY * x);
    return along >= least && along >= slant * across;
  });
}

/** Near the line from one to the other, and not near its ends. */
function liesBetween(subject: Place, one: Place, other: Place, strict: Strictness): boolean {
  const { near, away } = strictness[strict].between;
  const [lineX, lineY] = [other.x - one.x, other.y - one.y];
  const [fromX, fromY] = [subject.x - one.x, subject.y - one.y];
  const square = lineX * lineX + lineY * lineY;
  const along = (fromX * lineX + fromY * lineY) / square;
  const aside = Math.abs(fromX * lineY - fromY * lineX) / square; // in lengths of the line
  return along >= near && along <= 1 - near && aside <= away;
}

/** The directions in which a subject plainly is from all objects. */
export function plainDirections(subject: Place, objects: readonly Place[]): Direction[] {
  const all = Object.keys(directionPhrases) as Direction[];
  return all.filter((direction) => relates(direction, subject, objects, 'plain'));
}

/** Whether an object of a cell is at a position, which may leave column or row open. */
export function isAt(cell: Cell, position: Position): boolean {
  const { column = cell.column, row = cell.row } = positionCells[position];
  return column === cell.column && row === cell.row;
}

/** The position that says most of a cell. */
export function positionOf(cell: Cell): Position {
  const fitting = (Object.keys(positionPhrases) as Position[]).filter((position) => isAt(cell, position));
  const says = (position: Position): number => Object.keys(positionCells[position]).length;
  return fitting.reduce((most, position) => (says(position) > says(most) ? position : most));
}
