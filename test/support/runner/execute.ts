import { type ChildProcess, spawn } from 'node:child_process';
import { hasClosed, judge, type Outcome } from './outcome.ts';

/** One test process to run. */
export interface Job {
  readonly name: string;
  /** The Node program, or another, that runs it. */
  readonly node: string;
  /** What stands before the file; for Node unless told. */
  readonly arguments?: readonly string[];
  readonly file: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  /** Seconds from the last test's end to the process's end. */
  readonly drainSeconds: number;
  /** Runs while nothing else does. */
  readonly heavy: boolean;
}

/** What a job came to. */
export interface Result extends Outcome {
  readonly job: Job;
  readonly seconds: number;
  readonly output: string;
}

/** More characters than the closing lines have, colours included. */
const closingLength = 400;

/** Runs one test file in a process of its own, ends it when its time is up, and judges what it printed. */
export function execute(job: Job, signal?: AbortSignal): Promise<Result> {
  return new Promise((resolve) => {
    const start = performance.now();
    const child = spawn(job.node, [...(job.arguments ?? ['--enable-source-maps']), job.file], {
      cwd: job.folder,
      env: { ...process.env, ...job.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, so that whatever the test started ends with it.
      detached: true,
    });
    let output = '';
    let ended: string | undefined;
    const end = (why: string) => {
      ended ??= why;
      endGroup(child);
    };
    const timers = [setTimeout(() => end(`it did not end within ${job.timeoutSeconds} s`), job.timeoutSeconds * 1000)];
    const abort = () => end('it was interrupted');
    signal?.addEventListener('abort', abort);

    const collect = (text: string) => {
      output += text;
      if (timers.length > 1 || !output.slice(-closingLength - text.length).includes('Duration:') || !hasClosed(output))
        return;
      const why = `its tests are done, but ${job.drainSeconds} s later the process still runs: something was left open`;
      timers.push(setTimeout(() => end(why), job.drainSeconds * 1000));
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);

    let finished = false;
    const finish = (exitCode: number | null, killedBy: string | null) => {
      if (finished) return;
      finished = true;
      timers.forEach(clearTimeout);
      signal?.removeEventListener('abort', abort);
      const outcome = judge({ output, exitCode, signal: killedBy, ...(ended === undefined ? {} : { ended }) });
      resolve({ ...outcome, job, output, seconds: (performance.now() - start) / 1000 });
    };
    child.on('error', (error) => {
      ended ??= `the process could not be started: ${error.message}`;
      finish(null, null);
    });
    child.on('exit', (code, killedBy) => {
      endGroup(child);
      // 'close' comes when the output is read to its end; a stray that left the group must not hold it back.
      timers.push(setTimeout(() => finish(code, killedBy), 2000));
    });
    child.on('close', finish);
  });
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // The group has ended by itself.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Runs light jobs `width` at a time, then heavy ones one by one; `report` hears of each as it ends. */
export async function executeAll(
  jobs: readonly Job[],
  width: number,
  report: (result: Result) => void,
  signal?: AbortSignal,
): Promise<Result[]> {
  const results: Result[] = [];
  const work = async (queue: Job[]) => {
    for (let job = queue.shift(); job !== undefined && !signal?.aborted; job = queue.shift()) {
      const result = await execute(job, signal);
      results.push(result);
      report(result);
    }
  };
  const light = jobs.filter((job) => !job.heavy);
  await Promise.all(Array.from({ length: width }, () => work(light)));
  await work(jobs.filter((job) => job.heavy));
  return results;
}
