/**
 * A 106-bit digest of a text, as 22 base-36 characters or fewer. Expressions and graph nodes are named by the digest of
 * what they say, so that equal ones are recognised without a table that outlives them.
 */
export function digest(text: string): string {
  return half(text, 0x9e3779b9) + half(text, 0x85ebca6b);
}

/** 53 bits: two multiplicative mixes of 32 bits, in the manner of MurmurHash3's finaliser. */
function half(text: string, seed: number): string {
  let [a, b] = [0xdeadbeef ^ seed, 0x41c6ce57 ^ seed];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x9e3779b1);
    b = Math.imul(b ^ code, 0x5f356495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return (2 ** 32 * (2 ** 20 + (b & 0xfffff)) + (a >>> 0)).toString(36);
}
