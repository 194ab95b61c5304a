/** What every command has in common: how its answer is printed, how it reports progress and failure. */
import type { Command } from 'commander';
import { MmgemError } from '../../../dsl/errors.ts';
import { createProgress, type Progress } from './progress.ts';

/** What a command found out, as data and for people. */
export interface Answer {
  /** The one document that `--json` prints. */
  readonly json: unknown;
  /** What is printed without `--json`; empty when it was streamed already. */
  readonly text: string;
  /** False: the command worked, and its finding is a failure. The exit code is 1. */
  readonly ok?: boolean;
}

/** Where a program prints to. */
export interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** What a running command may use besides its arguments. */
export interface Session {
  readonly json: boolean;
  readonly progress: Progress;
  /** Prints a piece of the answer at once, for people only. */
  stream(piece: string): void;
  /** Tells the user something on stderr. */
  note(message: string): void;
}

export interface GlobalOptions {
  readonly json?: boolean;
  readonly debug?: boolean;
}

/** One run of the program: its streams and, in the end, its exit code. */
export class Run {
  exitCode = 0;
  readonly streams: Streams;

  constructor(streams: Streams) {
    this.streams = streams;
  }

  /**
   * An action for commander: runs the command, prints its answer. `Arguments` are the command's own, in order, and then its
   * options.
   */
  action<Arguments extends readonly unknown[]>(
    work: (session: Session, ...given: Arguments) => Promise<Answer>,
  ): (...given: unknown[]) => Promise<void> {
    return async (...given) => {
      const command = given.at(-1) as Command;
      const options = command.optsWithGlobals<GlobalOptions>();
      const session = this.#session(options);
      try {
        const answer = await work(session, ...(given.slice(0, -1) as unknown as Arguments));
        session.progress.stop();
        this.#print(answer, options);
        if (answer.ok === false) this.exitCode = 1;
      } catch (error) {
        session.progress.stop();
        this.fail(error, options);
      }
    };
  }

  /** Reports an error and fails the run. */
  fail(error: unknown, { json = false, debug = false }: GlobalOptions): void {
    const message = messageFor(error);
    if (json) this.streams.stdout.write(`${JSON.stringify({ error: message }, null, 2)}\n`);
    this.streams.stderr.write(`mmgem: ${debug ? stackOf(error) : message}\n`);
    this.exitCode = 1;
  }

  #session({ json = false }: GlobalOptions): Session {
    const { stdout, stderr } = this.streams;
    return {
      json,
      progress: createProgress(stderr),
      stream: (piece) => {
        if (!json) stdout.write(piece);
      },
      note: (message) => {
        stderr.write(`${message}\n`);
      },
    };
  }

  #print({ json, text }: Answer, options: GlobalOptions): void {
    if (options.json) this.streams.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
    else if (text !== '') this.streams.stdout.write(`${text}\n`);
  }
}

/** An error that is not meant for users is a defect of this program. */
function messageFor(error: unknown): string {
  if (error instanceof MmgemError) return error.message;
  const message = error instanceof Error ? error.message : String(error);
  return `${message} (this is not expected: run it again with --debug and report what it prints)`;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
