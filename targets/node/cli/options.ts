/** Options as users write them, and the values that they stand for. */
import { InvalidArgumentError, Option } from 'commander';

/** A parser for commander: a whole number of at least `least`. */
export function wholeNumber(least = 0): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Give a whole number of at least ${least}.`);
  };
}

/** A parser for commander: a number between `least` and `most`. */
export function numberBetween(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= most) return value;
    const upTo = most === Number.POSITIVE_INFINITY ? ` of at least ${least}` : ` between ${least} and ${most}`;
    throw new InvalidArgumentError(`Give a number${upTo}.`);
  };
}

/** Gathers the values of an option that may stand several times. */
export function repeated(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** `B=4`, gathered by name. */
export function sizeValue(text: string, before: Readonly<Record<string, number>> | undefined): Record<string, number> {
  const [, name, digits] = /^([A-Za-z]\w*)=(\d+)$/.exec(text) ?? [];
  if (name === undefined || digits === undefined || Number(digits) < 1) {
    throw new InvalidArgumentError('Give NAME=NUMBER, such as B=4.');
  }
  return { ...before, [name]: Number(digits) };
}

/** An option that takes one of a few words. */
export function choice(flags: string, description: string, words: readonly string[], fallback?: string): Option {
  const option = new Option(flags, description).choices([...words]);
  return fallback === undefined ? option : option.default(fallback);
}
