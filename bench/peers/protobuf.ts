/** The little of Protocol Buffers that writing an ONNX model takes: varints, and length-delimited fields. */

/** A field of a message: its number and what it holds. Numbers are varints, strings UTF-8, lists messages. */
export type Field = readonly [number: number, value: number | string | Uint8Array | Message];
export type Message = readonly Field[];

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

function pieces(message: Message): Uint8Array[] {
  return message.flatMap(([number, value]) => {
    if (typeof value === 'number') return [Uint8Array.from([...varint(number * 8), ...varint(value)])];
    const body =
      typeof value === 'string'
        ? [new TextEncoder().encode(value)]
        : value instanceof Uint8Array
          ? [value]
          : pieces(value);
    const length = body.reduce((sum, piece) => sum + piece.length, 0);
    return [Uint8Array.from([...varint(number * 8 + 2), ...varint(length)]), ...body];
  });
}

export function encode(message: Message): Uint8Array {
  return Buffer.concat(pieces(message));
}
