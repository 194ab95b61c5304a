import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DriverRequirement, TestTarget } from './backends.ts';
import { denoEnvironment, denoMissing, findDeno } from './deno.ts';
import { repositoryRoot } from './repository.ts';

/** How to start a test process on a target, or why that is impossible here. */
export type Readiness =
  | {
      readonly ready: true;
      readonly node: string;
      /** What stands before the test's file; for Node unless told. */
      readonly arguments?: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly detail: string;
    }
  | { readonly ready: false; readonly reason: string };

/** Where Vulkan driver manifests lie: the loader's folders, and those of browsers that bring SwiftShader. */
const manifestFolders: readonly string[] = [
  ...(process.env.XDG_DATA_DIRS ?? '/usr/local/share:/usr/share').split(':').map((dir) => join(dir, 'vulkan', 'icd.d')),
  '/etc/vulkan/icd.d',
  '/usr/lib/chromium',
  '/usr/lib64/chromium-browser',
  '/usr/lib/chromium-browser',
  '/opt/google/chrome',
];

/** Looks for what a target needs, and asks Dawn for an adapter where it is one of Dawn's. */
export async function prepareTarget(target: TestTarget): Promise<Readiness> {
  if (target.deno) return prepareDeno(target);
  return target.backend === 'wasm' ? prepareWasm(target) : prepareDawn(target);
}

async function prepareDeno({ driver }: TestTarget): Promise<Readiness> {
  const deno = findDeno();
  if (deno === undefined) return { ready: false, reason: denoMissing };
  const manifests = driver ? findManifests(driver.manifest) : [];
  if (driver && manifests.length === 0) return { ready: false, reason: missingDriver(driver) };
  const env = { ...denoEnvironment, ...(driver && { VK_DRIVER_FILES: manifests.join(delimiter) }) };
  const { stdout } = await promisify(execFile)(deno, ['--version'], { timeout: 60_000 });
  return { ready: true, node: deno, arguments: ['run', '-A'], env, detail: stdout.split('\n')[0]! };
}

const missingDriver = ({ manifest, remedy }: DriverRequirement): string =>
  `no Vulkan driver ${manifest.source} found: ${remedy}`;

async function prepareWasm(target: TestTarget): Promise<Readiness> {
  if (target.simd === 'wide' && !hasAvx2()) {
    return { ready: false, reason: 'the processor has no 256-bit instructions (AVX2)' };
  }
  const node = target.nodeMajor === undefined ? process.execPath : await findNode(target.nodeMajor);
  if (node !== undefined) return { ready: true, node, env: {}, detail: `Node ${await nodeVersion(node)}` };
  const at = `${process.platform}-${process.arch}`;
  const remedy = `npm install --no-save --prefix .cache/node${target.nodeMajor} node-${at}@${target.nodeMajor}`;
  return {
    ready: false,
    reason: `needs Node ${target.nodeMajor}: run \`${remedy}\`, or name one in MMGEM_NODE${target.nodeMajor}`,
  };
}

async function prepareDawn(target: TestTarget): Promise<Readiness> {
  const env: Record<string, string> = {};
  if (target.driver !== undefined) {
    const manifests = findManifests(target.driver.manifest);
    if (manifests.length === 0) {
      return { ready: false, reason: missingDriver(target.driver) };
    }
    env.VK_DRIVER_FILES = manifests.join(delimiter);
  }
  const probe = fileURLToPath(new URL('./adapter-probe.js', import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [probe], {
      env: { ...process.env, ...env },
      timeout: 60_000,
    });
    return { ready: true, node: process.execPath, env, detail: stdout.trim() };
  } catch (error) {
    const remedy = target.driver?.remedy ?? 'install a Vulkan driver for the GPU';
    return { ready: false, reason: `Dawn gets no adapter from the driver (${lastLine(error)}): ${remedy}` };
  }
}

/** The paths of Vulkan drivers' manifests with such a name. */
export function findManifests(name: RegExp): string[] {
  const found = manifestFolders.flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder).flatMap((file) => (name.test(file) ? join(folder, file) : [])) : [],
  );
  return [...new Set(found)];
}

function hasAvx2(): boolean {
  if (process.arch !== 'x64') return false;
  // Where the system has no such file, the engine's own probe decides.
  return !existsSync('/proc/cpuinfo') || /\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
}

async function findNode(major: number): Promise<string | undefined> {
  if (Number(process.versions.node.split('.')[0]) >= major) return process.execPath;
  const named = process.env[`MMGEM_NODE${major}`];
  const cached = join(repositoryRoot, '.cache', `node${major}`, 'node_modules');
  const candidate = named ?? join(cached, `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (!existsSync(candidate)) {
    if (named !== undefined) throw new Error(`MMGEM_NODE${major} names ${named}, which does not exist.`);
    return undefined;
  }
  const version = await nodeVersion(candidate);
  if (Number(version.split('.')[0]) < major) throw new Error(`${candidate} is Node ${version}, not ${major} or later.`);
  return candidate;
}

async function nodeVersion(node: string): Promise<string> {
  const { stdout } = await promisify(execFile)(node, ['--print', 'process.versions.node'], { timeout: 60_000 });
  return stdout.trim();
}

function lastLine(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  return text.trim().split('\n').at(-1) ?? '';
}
