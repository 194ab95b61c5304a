// Texts as captions are compared: lower case, without punctuation.

/** The words of a text, in order. Punctuation and symbols are dropped where they stand: `T-shirt.` is `tshirt`. */
export function wordsOf(text: string): string[] {
  const bare = text.toLowerCase().replace(/[\p{P}\p{S}]/gu, '');
  return bare.split(/\s+/u).filter((word) => word !== '');
}

/** The words of a text as one string: the same for texts that differ in case, punctuation and spaces alone. */
export function normalised(text: string): string {
  return wordsOf(text).join(' ');
}
