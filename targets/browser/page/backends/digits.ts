/** To how many decimal digits results agree. */

/** Single precision has no more. */
const mostDigits = 7;

/** @param difference the largest difference, relative to the largest value: see `compare` of model/agreement.ts */
export function agreeingDigits(difference: number): number {
  if (!(difference >= 0)) return 0;
  return Math.max(0, Math.min(mostDigits, Math.floor(-Math.log10(difference))));
}
