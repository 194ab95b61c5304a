// Colours of what is drawn, sRGB.
import type { Colour, GroundName } from './vocabulary.ts';

export type Rgb = readonly [red: number, green: number, blue: number];

/** Colours of objects, and whether the second tone of their texture is lighter or darker. */
export const objectColours: Readonly<Record<Colour, { readonly rgb: Rgb; readonly second: 'light' | 'dark' }>> = {
  red: { rgb: [214, 36, 40], second: 'dark' },
  orange: { rgb: [246, 130, 24], second: 'dark' },
  yellow: { rgb: [250, 212, 28], second: 'dark' },
  green: { rgb: [36, 150, 62], second: 'light' },
  blue: { rgb: [36, 84, 220], second: 'light' },
  purple: { rgb: [126, 50, 172], second: 'light' },
  pink: { rgb: [246, 112, 184], second: 'dark' },
  black: { rgb: [28, 28, 32], second: 'light' },
};

/** All of them pale, so that every object stands out. */
export const groundColours: Readonly<Record<GroundName, Rgb>> = {
  white: [244, 243, 240],
  gray: [172, 174, 178],
  beige: [230, 210, 178],
  'light blue': [182, 212, 240],
  'light green': [190, 226, 184],
};

const tones = { light: { towards: 255, share: 0.76 }, dark: { towards: 0, share: 0.68 } } as const;

/** The second tone of an object's texture. */
export function secondTone(colour: Colour, rgb: Rgb): Rgb {
  const { towards, share } = tones[objectColours[colour].second];
  const mix = (value: number): number => value + share * (towards - value);
  return [mix(rgb[0]), mix(rgb[1]), mix(rgb[2])];
}
