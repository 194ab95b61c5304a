/** How a test process ended. */
export interface Ending {
  readonly output: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why the runner itself ended the process, if it did. */
  readonly ended?: string;
}

/** What a test process amounts to. */
export interface Outcome {
  readonly passed: number;
  /** Failed tests, and 1 more for whatever went wrong around them. */
  readonly failed: number;
  readonly skipped: number;
  /** `NAME: REASON` of every skipped test. */
  readonly skips: readonly string[];
  /** What went wrong besides failed assertions. */
  readonly problem?: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with this control character
const colour = /\u001b\[[0-9;]*m/g;
const closing = /^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)\n {2}Duration: /gm;
const skipLine = /^SKIP (.+)$/gm;

/** The output without colours and with plain line ends. */
export function plain(output: string): string {
  return output.replaceAll(colour, '').replaceAll('\r\n', '\n');
}

/** Whether the closing lines of uvu are in the output: its tests are done. */
export function hasClosed(output: string): boolean {
  return [...plain(output).matchAll(closing)].length > 0;
}

/** Reads uvu's closing lines and the skip reasons; anything but a clean run is a problem, and a problem is a failure. */
export function judge(ending: Ending): Outcome {
  const output = plain(ending.output);
  const closings = [...output.matchAll(closing)].map((match) => match.slice(1).map(Number));
  const [total = 0, passed = 0, skipped = 0] = closings[0] ?? [];
  const skips = [...output.matchAll(skipLine)].map((match) => match[1]!);
  const problem = findProblem(ending, closings.length, { total, passed, skipped, reasons: skips.length });
  const failed = total - passed + (problem === undefined ? 0 : 1);
  return { passed, failed, skipped, skips, ...(problem === undefined ? {} : { problem }) };
}

interface Counts {
  readonly total: number;
  readonly passed: number;
  readonly skipped: number;
  readonly reasons: number;
}

function findProblem(ending: Ending, closings: number, counts: Counts): string | undefined {
  if (ending.ended !== undefined) return ending.ended;
  if (ending.signal !== null) return `the process was ended by ${ending.signal}`;
  if (closings === 0) return `the process ended with exit code ${ending.exitCode} before its tests were done`;
  if (closings > 1) return 'its suites ran more than once: call every .run() after the last top-level await';
  if (ending.exitCode !== 0 && counts.passed === counts.total) {
    return `its tests passed, but the process ended with exit code ${ending.exitCode}`;
  }
  if (counts.total + counts.skipped === 0) return 'it has no tests';
  if (counts.skipped !== counts.reasons) {
    return `${counts.skipped} tests are skipped, but ${counts.reasons} reasons given: skip through test/support/skip.ts, leave no .only`;
  }
  return undefined;
}
