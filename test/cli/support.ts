import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The command line as it was built beside this test. */
export const cliPath: string = fileURLToPath(new URL('../../targets/node/cli/main.js', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SpawnOptions {
  readonly cwd?: string;
  /** Beyond those of this process; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A program that is still running then is ended, and the test fails. */
  readonly seconds?: number;
}

/** Runs a program to its own end. */
export async function runProgram(
  command: string,
  args: readonly string[],
  { cwd, env = {}, seconds = 240 }: SpawnOptions = {},
): Promise<Finished> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = [collect(child, 'stdout'), collect(child, 'stderr')];
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, seconds * 1000);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearTimeout(timer);
  if (late)
    throw new Error(`${command} ${args.join(' ')} did not end by itself in ${seconds} s:\n${stdout()}${stderr()}`);
  return { code, stdout: stdout(), stderr: stderr() };
}

function collect(child: ChildProcess, name: 'stdout' | 'stderr'): () => string {
  const pieces: Buffer[] = [];
  child[name]?.on('data', (piece: Buffer) => pieces.push(piece));
  return () => Buffer.concat(pieces).toString('utf8');
}

/** Runs `mmgem`. */
export function mmgem(args: readonly string[], options?: SpawnOptions): Promise<Finished> {
  return runProgram(process.execPath, [cliPath, ...args], options);
}

/** What `--json` printed, which must be one document and nothing else. Fails when the command did not exit with `code`. */
export async function mmgemJson<T>(args: readonly string[], code = 0, options?: SpawnOptions): Promise<T> {
  const finished = await mmgem([...args, '--json'], options);
  if (finished.code !== code) throw new Error(`exit code ${finished.code}, not ${code}: ${finished.stderr}`);
  return JSON.parse(finished.stdout) as T;
}

/** What a failing command said on stderr, without what libraries print there. */
export async function messageOf(args: readonly string[], options?: SpawnOptions): Promise<string> {
  const { code, stdout, stderr } = await mmgem(args, options);
  if (code !== 1) throw new Error(`mmgem ${args.join(' ')} ended with ${code}, not 1: ${stdout}${stderr}`);
  if (stdout !== '') throw new Error(`mmgem ${args.join(' ')} failed and still printed ${stdout}`);
  const said = stderr.split('\n').filter((line) => line.startsWith('mmgem: '));
  if (said.length !== 1) throw new Error(`mmgem ${args.join(' ')} does not report one error: ${stderr}`);
  return said[0]!.slice('mmgem: '.length);
}

/** A folder that is removed when the process ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mmgem-test-'));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];

/** Removes the folders that tests made. */
export async function removeTemporaryFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}
