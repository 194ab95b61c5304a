/** Errors as people should read them. What the engine throws says so itself; what the browser throws needs words. */
import { MmgemError } from '../../../../model/errors.ts';

interface Explanation {
  readonly matches: (error: Error) => boolean;
  readonly text: string;
}

/** What browsers throw where the page can do nothing, the most telling first. */
const explanations: readonly Explanation[] = [
  {
    matches: ({ name, message }) => name === 'QuotaExceededError' || /quota|storage.*full|no space/i.test(message),
    text: 'The browser has no storage left for this page. Free some space, or clear the data of sites you no longer need, and try again.',
  },
  {
    matches: ({ message }) =>
      /failed to fetch|networkerror|network error|load failed|network.*(lost|changed)/i.test(message),
    text: 'The network was cut, or the server does not answer. Check the connection and try again.',
  },
  {
    matches: ({ name, message }) => name === 'RangeError' && /memory|allocat|buffer/i.test(message),
    text: 'There is not enough memory. Close other tabs, and try again.',
  },
  {
    matches: ({ message }) => /dynamically imported module|importScripts|module script/i.test(message),
    text: 'A part of this page could not be loaded. Check the connection and reload the page.',
  },
];

/** What happened and what to do about it. */
export function explain(error: unknown): string {
  const known = error instanceof Error ? error : new Error(String(error));
  // Errors of the engine come from a worker, where they are of another class with the same name.
  if (known instanceof MmgemError || /^(Mmgem|Backend|Shape)Error$/.test(known.name)) return known.message;
  return (
    explanations.find(({ matches }) => matches(known))?.text ??
    `${known.message || known.name}. Reload the page; if it happens again, please report it.`
  );
}
