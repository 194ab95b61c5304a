/** A contender in a process of its own, from the side that measures. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Protocol, RequestKind } from './messages.ts';

export interface ProcessOptions {
  /** The Node to run; this process's own unless told. */
  readonly node?: string;
}

export class ContenderHandle {
  readonly #child: ChildProcess;
  #waiting: { resolve(answer: Answer): void } | undefined;
  #ended: string | undefined;
  #errors = '';

  constructor({ node }: ProcessOptions = {}) {
    const entry = fileURLToPath(new URL('./contender-process.js', import.meta.url));
    this.#child = fork(entry, {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      ...(node !== undefined && { execPath: node }),
    });
    this.#child.stderr!.on('data', (text: Buffer) => {
      this.#errors = `${this.#errors}${text}`.slice(-2000);
    });
    this.#child.on('message', (answer: Answer) => this.#settle(answer));
    this.#child.on('error', (error) => this.#end(error.message));
    this.#child.on('exit', (code, signal) => this.#end(`it ended with ${signal ?? `exit code ${code}`}`));
  }

  /** Asks, and waits for the answer. @throws Error with what went wrong over there */
  async ask<K extends RequestKind>(kind: K, request: Protocol[K]['request']): Promise<Protocol[K]['answer']> {
    if (this.#ended !== undefined) throw new Error(this.#ended);
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting = { resolve };
      this.#child.send({ kind, ...request });
    });
    if ('error' in answer) throw new Error(answer.error);
    return answer.value as Protocol[K]['answer'];
  }

  /** Ends the process, by force where it does not answer: a browser takes its time on a busy machine. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 60_000);
    await this.ask('close', {}).catch(() => this.#child.kill('SIGKILL'));
    await exited;
    clearTimeout(timer);
  }

  #settle(answer: Answer): void {
    this.#waiting?.resolve(answer);
    this.#waiting = undefined;
  }

  #end(reason: string): void {
    const lines = this.#errors.trim().split('\n');
    // Of an error that nobody caught, Node prints the place, the message, the stack and its own version.
    const last = lines.find((line) => /^(\w*Error|.*terminate|FATAL)\b/.test(line)) ?? lines.at(-1);
    this.#ended ??= last ? `${reason}: ${last}` : reason;
    this.#settle({ error: this.#ended });
  }
}
