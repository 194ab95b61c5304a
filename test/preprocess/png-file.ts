// PNG files of any colour type and depth, chunk by chunk, so that the decoder is tested against another writer than itself.
import { crc32, deflateSync } from 'node:zlib';

export interface PngContents {
  readonly width: number;
  readonly height: number;
  readonly bits: 8 | 16;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA. */
  readonly colourType: 0 | 2 | 3 | 4 | 6;
  /** Rows of samples, 0 … 2^bits − 1. */
  readonly rows: readonly (readonly number[])[];
  /** Chunks between header and pixels: [type, data]. */
  readonly chunks?: readonly (readonly [string, readonly number[]])[];
}

export function pngFile({ width, height, bits, colourType, rows, chunks = [] }: PngContents): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, colourType, 0, 0, 0], 8);
  const bytes = (sample: number) => (bits === 16 ? [sample >> 8, sample & 255] : [sample]);
  const pixels = Buffer.from(rows.flatMap((row) => [0, ...row.flatMap(bytes)]));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...chunks.map(([type, data]) => chunk(type, Buffer.from(data))),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
