/**
 * A 106-bit digest of a text, as base-36 characters. Expressions and graph nodes are named by the digest of what they say,
 * so that equal ones are recognised without a table that outlives them.
 */
export function digest(text: string): string {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x9e3779b1);
    b = Math.imul(b ^ code, 0x5f356495);
    c = Math.imul(c ^ code, 0x85ebca6b);
    d = Math.imul(d ^ code, 0xc2b2ae35);
  }
  return mixed(a, b) + mixed(c, d);
}

/** 53 of 64 bits, each of which depends on all of both words: the finaliser of MurmurHash3, crosswise. */
function mixed(a: number, b: number): string {
  const low = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  const high = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  return (2 ** 32 * (high & 0x1fffff) + (low >>> 0)).toString(36);
}
