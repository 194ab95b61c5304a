/** The little of Protocol Buffers that writing an ONNX model takes: varints, and length-delimited fields. */

/** A field of a message: its number and what it holds. Numbers are varints, strings UTF-8, lists messages. */
export type Field = readonly [number: number, value: number | string | Uint8Array | Message];
export type Message = readonly Field[];

/** Negative numbers are written as the 64-bit numbers that have the same bits. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 128n) {
    bytes.push(Number(rest % 128n) + 128);
    rest /= 128n;
  }
  return [...bytes, Number(rest)];
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
