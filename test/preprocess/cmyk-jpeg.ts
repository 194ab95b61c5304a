// A CMYK JPEG of blocks of 8×8 pixels, written by Pillow, and the colours that Pillow's convert('RGB') makes of them.

/** Cyan, magenta, yellow, black: none; black; cyan; half magenta and yellow; half cyan and half black. */
export const cmykColours = [
  [255, 255, 255],
  [0, 0, 0],
  [0, 255, 255],
  [255, 127, 0],
  [63, 127, 127],
] as const;

export const cmykJpeg: Buffer = Buffer.from(
  [
    '/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ',
    'EBAQEB/8AAFAgACAAoBEMRAE0RAFkRAEsRAP/EABYAAQEBAAAAAAAAAAAAAAAAAAsACv/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAOBEMATQBZ',
    'AEsAAD8A38N/Dfw38JIAOAHSP8H+B/4AdD/yAB/gf+//2Q==',
  ].join(''),
  'base64',
);
