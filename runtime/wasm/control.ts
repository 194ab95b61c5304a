/**
 * The words that the executor and its threads share, in a buffer of their own: how a run starts without a message.
 *
 * The executor writes what to run, adds one to each participant's `runs` word and wakes it. The participants take tiles by
 * adding one to `ticket`; who has found none left arrives at the barrier; the last to arrive opens it for the next phase.
 */

/** 64 bytes: threads that write words on different lines do not get in each other's way. */
const line = 16;

/** Words of a run. */
export const word = {
  /** The next tile that nobody has taken. */
  ticket: 0,
  /** Participants that wait at the barrier. */
  arrived: line,
  /** Barriers opened so far, over all runs. */
  barrier: 2 * line,
  /** 0, or one more than the number of the first thread in which a kernel trapped. */
  failed: 3 * line,
  executable: 4 * line,
  participants: 4 * line + 1,
  phases: 4 * line + 2,
  /** Byte address of the run's table, see `table`. */
  table: 4 * line + 3,
  /** Byte address of a f64 per phase for its milliseconds, or 0. */
  times: 4 * line + 4,
  /** Byte address of the scratch memory of thread 0, and bytes from one thread's to the next. */
  scratch: 4 * line + 5,
  scratchStride: 4 * line + 6,
} as const;

const firstThread = 5 * line;

/** Words of one thread. */
export const threadWord = {
  /** Changes whenever there is something for the thread to look at; it sleeps on this word. */
  wake: (thread: number): number => firstThread + thread * line,
  /** Runs that the thread was to take part in. */
  runs: (thread: number): number => firstThread + thread * line + 1,
  /** Messages posted to the thread. */
  messages: (thread: number): number => firstThread + thread * line + 2,
} as const;

export function controlBytes(threads: number): number {
  return (firstThread + threads * line) * 4;
}

/**
 * The table of a run in WebAssembly memory: `phaseWords` words for every phase, then the address of every kernel's argument
 * block. A phase is one kernel, or several of one tile each that one thread runs in a row.
 */
export const table = { phaseWords: 3, firstKernel: 0, kernels: 1, tiles: 2 } as const;
