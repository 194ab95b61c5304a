/**
 * What scenes are made of and the words for it. The first word or phrase for a meaning is the usual one; the others are
 * written now and then, and understood always.
 */

/** What tells objects apart, in the order in which it stands before the noun. */
export const attributeWords = {
  size: { small: ['small', 'little'], large: ['large', 'big'] },
  texture: {
    plain: ['plain'],
    striped: ['striped'],
    spotted: ['spotted', 'dotted'],
    checkered: ['checkered', 'checked'],
  },
  colour: {
    red: ['red'],
    orange: ['orange'],
    yellow: ['yellow'],
    green: ['green'],
    blue: ['blue'],
    purple: ['purple'],
    pink: ['pink'],
    black: ['black'],
  },
  shape: {
    circle: ['circle'],
    square: ['square'],
    triangle: ['triangle'],
    star: ['star'],
    ring: ['ring'],
    cross: ['cross'],
    heart: ['heart'],
    moon: ['moon'],
  },
} as const;

export type AttributeKind = keyof typeof attributeWords;
export type AttributeValue<Kind extends AttributeKind> = keyof (typeof attributeWords)[Kind];
export type Attributes = { readonly [Kind in AttributeKind]: AttributeValue<Kind> };

export type Size = AttributeValue<'size'>;
export type Texture = AttributeValue<'texture'>;
export type Colour = AttributeValue<'colour'>;
export type Shape = AttributeValue<'shape'>;

export const attributeKinds = Object.keys(attributeWords) as AttributeKind[];

/** The values of an attribute. */
export function valuesOf<Kind extends AttributeKind>(kind: Kind): AttributeValue<Kind>[] {
  return Object.keys(attributeWords[kind]) as AttributeValue<Kind>[];
}

/** Phrases for each meaning. */
export type Phrases<Meaning extends string> = Readonly<Record<Meaning, readonly string[]>>;

/** What the subject is, seen from one object. */
export type Direction = 'left' | 'right' | 'above' | 'below';
/** What the subject is, seen from others: for `between` two of them. */
export type Relation = Direction | 'between';

export const directionPhrases: Phrases<Direction> = {
  left: ['left of', 'to the left of'],
  right: ['right of', 'to the right of'],
  above: ['above', 'over'],
  below: ['below', 'under'],
};
export const betweenPhrases: Phrases<'between'> = { between: ['between'] };

/** Thirds of the picture: columns from the left, rows from the top. */
export interface Cell {
  readonly column: 0 | 1 | 2;
  readonly row: 0 | 1 | 2;
}

export type Position = `${'top' | 'bottom'} ${'left' | 'right'}` | 'top' | 'bottom' | 'left' | 'right' | 'middle';

export const positionPhrases: Phrases<Position> = {
  'top left': ['in the top left', 'in the upper left'],
  top: ['at the top'],
  'top right': ['in the top right', 'in the upper right'],
  left: ['on the left'],
  middle: ['in the middle', 'in the center'],
  right: ['on the right'],
  'bottom left': ['in the bottom left', 'in the lower left'],
  bottom: ['at the bottom'],
  'bottom right': ['in the bottom right', 'in the lower right'],
};

/** What a position says of the cell: "at the top" leaves open whether left or right. */
export const positionCells: Readonly<Record<Position, Partial<Cell>>> = {
  'top left': { column: 0, row: 0 },
  top: { row: 0 },
  'top right': { column: 2, row: 0 },
  left: { column: 0 },
  middle: { column: 1, row: 1 },
  right: { column: 2 },
  'bottom left': { column: 0, row: 2 },
  bottom: { row: 2 },
  'bottom right': { column: 2, row: 2 },
};

/** What objects lie on. */
export type GroundName = 'white' | 'gray' | 'beige' | 'light blue' | 'light green';

export const groundPhrases: Phrases<GroundName> = {
  white: ['a white background'],
  gray: ['a gray background', 'a grey background'],
  beige: ['a beige background'],
  'light blue': ['a light blue background'],
  'light green': ['a light green background'],
};

/** How many objects there are. */
export const countPhrases: Phrases<'1' | '2' | '3' | '4'> = { 1: ['one'], 2: ['two'], 3: ['three'], 4: ['four'] };
