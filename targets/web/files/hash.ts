/** SHA-256 by the host's own Web Crypto. */

/** False on pages that are not served by https or from localhost: browsers have no Web Crypto there. */
export function canHash(): boolean {
  return (globalThis.crypto as Partial<Crypto> | undefined)?.subtle !== undefined;
}

/** The SHA-256 of some bytes, as 64 hexadecimal digits in lower case. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
