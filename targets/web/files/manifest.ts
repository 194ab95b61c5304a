/**
 * `files.json`: what a model directory on a server holds, so that a client knows every length and can check every block as it
 * arrives. `mmgem manifest DIR` writes it.
 *
 * ```json
 * {
 *   "format": "mmgem-files", "version": 1, "block_bytes": 4194304,
 *   "files": [
 *     { "name": "config.json", "bytes": 780, "sha256": "…" },
 *     { "name": "model.safetensors", "bytes": 21583860, "sha256": "…", "blocks": ["…", "…", "…", "…", "…", "…"] }
 *   ]
 * }
 * ```
 *
 * `sha256` is the whole file's, as `sha256sum` prints it. `blocks` are those of its pieces of `block_bytes` bytes, the last
 * one shorter; a file of no more than one block goes without them. The manifest does not list itself.
 */
import { MmgemError } from '../../../model/errors.ts';
import { parseJson } from '../../../model/files/source.ts';

/** Where a model directory's manifest lies. */
export const manifestName = 'files.json';

/** Bytes of a block in the manifests that mmgem makes, and of the ranges that it asks for where there is no manifest. */
export const defaultBlockBytes = 4 * 2 ** 20;

export interface ManifestFile {
  /** Relative to the model directory, with '/' between its parts. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** SHA-256 of each block, in order. */
  readonly blocks: readonly string[];
}

export interface Manifest {
  readonly blockBytes: number;
  readonly files: ReadonlyMap<string, ManifestFile>;
}

const format = 'mmgem-files';
const version = 1;
const leastBlockBytes = 2 ** 16;
const mostBlockBytes = 2 ** 26;
const topFields = ['format', 'version', 'block_bytes', 'files'];
const fileFields = ['name', 'bytes', 'sha256', 'blocks'];

/** The text of a `files.json`. */
export function printManifest({ blockBytes, files }: Manifest): string {
  const entries = [...files.values()].map(({ name, bytes, sha256, blocks }) => {
    return blocks.length > 1 ? { name, bytes, sha256, blocks } : { name, bytes, sha256 };
  });
  return `${JSON.stringify({ format, version, block_bytes: blockBytes, files: entries }, null, 2)}\n`;
}

/**
 * Reads the text of a `files.json`.
 * @param fileName what errors call it
 * @throws MmgemError naming the field and what is due there
 */
export function parseManifest(text: string, fileName: string): Manifest {
  const json = parseJson(text, fileName);
  const fail = failureIn(fileName);
  if (!isRecord(json) || json.format !== format) throw fail(`its format is not ${JSON.stringify(format)}`);
  if (json.version !== version) throw fail(`its version is ${shown(json.version)}, and this mmgem reads ${version}`);
  checkFields(json, topFields, 'it', fail);
  const { block_bytes: blockBytes, files } = json;
  if (!isInteger(blockBytes, leastBlockBytes, mostBlockBytes)) {
    throw fail(`block_bytes is ${shown(blockBytes)}, not an integer from ${leastBlockBytes} to ${mostBlockBytes}`);
  }
  if (!Array.isArray(files)) throw fail(`files is ${shown(files)}, not a list`);
  const entries = new Map<string, ManifestFile>();
  for (const [i, fields] of files.entries()) {
    const entry = parseFile(fields, blockBytes, `files[${i}]`, fail);
    if (entries.has(entry.name)) throw fail(`lists ${JSON.stringify(entry.name)} twice`);
    entries.set(entry.name, entry);
  }
  return { blockBytes, files: entries };
}

/** Number of blocks of a file. */
export function blockCount(bytes: number, blockBytes: number): number {
  return Math.ceil(bytes / blockBytes);
}

/** Whether a path names something inside its folder: parts between '/', none of which is empty, '.' or '..'. */
export function isInside(path: string): boolean {
  return !path.includes('\\') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

type Fail = (problem: string) => MmgemError;

function failureIn(fileName: string): Fail {
  return (problem) => new MmgemError(`${fileName}: ${problem}. Make it with mmgem manifest, and serve it unchanged.`);
}

function parseFile(fields: unknown, blockBytes: number, where: string, fail: Fail): ManifestFile {
  if (!isRecord(fields)) throw fail(`${where} is ${shown(fields)}, not an object`);
  checkFields(fields, fileFields, where, fail);
  const { name, bytes, sha256 } = fields;
  if (typeof name !== 'string' || !isInside(name)) {
    throw fail(`${where}.name is ${shown(name)}, not a path inside the folder`);
  }
  if (!isInteger(bytes, 0, Number.MAX_SAFE_INTEGER))
    throw fail(`${where}.bytes is ${shown(bytes)}, not an integer ≥ 0`);
  if (!isHash(sha256)) throw fail(`${where}.sha256 is ${shown(sha256)}, not 64 hexadecimal digits in lower case`);
  const count = blockCount(bytes, blockBytes);
  const { blocks = count > 1 ? undefined : [sha256].slice(0, count) } = fields;
  if (!Array.isArray(blocks) || !blocks.every(isHash)) {
    throw fail(`${where}.blocks is ${shown(blocks)}, not a list of SHA-256`);
  }
  if (blocks.length !== count) {
    throw fail(`${where}.blocks has ${blocks.length} entries, but ${bytes} bytes are ${count} blocks of ${blockBytes}`);
  }
  if (count === 1 && blocks[0] !== sha256)
    throw fail(`${where}.blocks[0] is not its sha256, though it is the whole file`);
  return { name, bytes, sha256, blocks };
}

function checkFields(fields: Readonly<Record<string, unknown>>, known: readonly string[], where: string, fail: Fail) {
  const unknown = Object.keys(fields).find((field) => !known.includes(field));
  if (unknown !== undefined) throw fail(`${where} has the unknown field ${JSON.stringify(unknown)}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isInteger(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

/** A value as errors show it: whole if it is short. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
