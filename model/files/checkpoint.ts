// A checkpoint as one set of named tensors, whether it lies in one safetensors file or in many with an index.
import { MmgemError } from '../errors.ts';
import { type ElementType, elementBytes, toFloat32 } from './element-type.ts';
import { entryOf, readBytes, readChunks, readHeader, type SafetensorsFile } from './safetensors.ts';
import { type FileStore, readJson } from './source.ts';

export interface Checkpoint {
  /** What errors call it. */
  readonly name: string;
  names(): string[];
  has(name: string): boolean;
  shape(name: string): readonly number[];
  dtype(name: string): ElementType;
  /** Metadata of the file; of all shards together when there are several. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The whole tensor, widened to float32. */
  read(name: string): Promise<Float32Array>;
  /** The tensor in pieces of at most `elements` elements, widened to float32. */
  chunks(name: string, elements?: number): AsyncIterable<Float32Array>;
  close(): Promise<void>;
}

const defaultBases = ['model.safetensors', 'open_clip_model.safetensors'];
const indexSuffix = '.index.json';

/** Elements per piece that keep a stream's memory small and its reads long: 16 MiB of float32. */
export const chunkElements = 4 * 2 ** 20;

/**
 * Opens `base`, or `base` + '.index.json' and the shards that it lists. Without `base` it is found: the usual names,
 * else the only safetensors file of the folder.
 * @throws MmgemError naming the file: missing checkpoint or shard, malformed file, index and shards that disagree
 */
export async function openCheckpoint(store: FileStore, { base }: { base?: string } = {}): Promise<Checkpoint> {
  const path = await findBase(store, base);
  const name = `${store.name}/${path}`;
  if (!path.endsWith(indexSuffix)) {
    const file = await openFile(store, path);
    return view(name, new Map([...file.tensors.keys()].map((tensor) => [tensor, file])), [file]);
  }
  const shardOf = parseIndex(await readJson(store, path), name);
  const files = new Map<string, SafetensorsFile>();
  try {
    for (const shard of new Set(shardOf.values())) {
      if (!(await store.exists(shard))) {
        throw new MmgemError(`${name}: lists the shard ${shard}, which is not there. Get all files of the checkpoint.`);
      }
      files.set(shard, await openFile(store, shard));
    }
    checkShards(name, shardOf, files);
  } catch (error) {
    await closeAll(files.values());
    throw error;
  }
  const fileOf = new Map([...shardOf].map(([tensor, shard]) => [tensor, files.get(shard) as SafetensorsFile]));
  return view(name, fileOf, [...files.values()]);
}

/**
 * @param offset index of data[0] in the whole tensor
 * @throws MmgemError naming the tensor and the first element that is NaN or infinite
 */
export function checkFinite(name: string, data: Float32Array, offset = 0): void {
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) {
      throw new MmgemError(
        `tensor ${name}: element ${offset + i} is ${data[i]}. The weights are damaged or their training diverged; use others.`,
      );
    }
  }
}

async function findBase(store: FileStore, base: string | undefined): Promise<string> {
  const wanted = base === undefined ? defaultBases : [base];
  for (const path of wanted.flatMap((name) => (name.endsWith(indexSuffix) ? [name] : [name, name + indexSuffix]))) {
    if (await store.exists(path)) return path;
  }
  const there = (await store.list()).filter((name) => name.endsWith('.safetensors'));
  if (base === undefined && there.length === 1) return there[0] as string;
  const found = there.length === 0 ? 'no safetensors file' : there.join(', ');
  throw new MmgemError(
    `${store.name}: has no ${wanted.join(' or ')} (nor one with ${indexSuffix}); there is ${found}. ` +
      'Name the file, or convert the weights to safetensors.',
  );
}

async function openFile(store: FileStore, path: string): Promise<SafetensorsFile> {
  const source = await store.open(path);
  try {
    return await readHeader(source);
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

function parseIndex(json: unknown, name: string): Map<string, string> {
  const map = (json as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new MmgemError(`${name}: weight_map is not an object of tensor to file. Get the index again.`);
  }
  const shardOf = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(map)) {
    if (typeof shard !== 'string' || !/^[^/\\]+\.safetensors$/.test(shard)) {
      throw new MmgemError(
        `${name}: weight_map.${tensor} is ${JSON.stringify(shard)}, not the name of a safetensors file beside the index.`,
      );
    }
    shardOf.set(tensor, shard);
  }
  return shardOf;
}

function checkShards(name: string, shardOf: Map<string, string>, files: Map<string, SafetensorsFile>): void {
  const absent = [...shardOf].filter(([tensor, shard]) => !files.get(shard)?.tensors.has(tensor));
  const unlisted = [...files].flatMap(([shard, file]) =>
    [...file.tensors.keys()]
      .filter((tensor) => shardOf.get(tensor) !== shard)
      .map((tensor) => [tensor, shard] as const),
  );
  const list = (pairs: readonly (readonly [string, string])[]) => pairs.map(([t, s]) => `${t} (${s})`).join(', ');
  const problems = [
    absent.length > 0 ? `lists tensors that their shards lack: ${list(absent)}` : '',
    unlisted.length > 0 ? `does not list tensors that shards hold: ${list(unlisted)}` : '',
  ].filter((problem) => problem !== '');
  if (problems.length > 0) {
    throw new MmgemError(
      `${name}: ${problems.join('; ')}. Index and shards are from different checkpoints; get all again.`,
    );
  }
}

async function closeAll(files: Iterable<SafetensorsFile>): Promise<void> {
  for (const file of files) await file.source.close?.();
}

function view(name: string, fileOf: ReadonlyMap<string, SafetensorsFile>, files: SafetensorsFile[]): Checkpoint {
  const file = (tensor: string): SafetensorsFile => {
    const found = fileOf.get(tensor);
    if (found === undefined) throw new MmgemError(`${name}: has no tensor ${tensor}. Is it the right checkpoint?`);
    return found;
  };
  const what = (tensor: string) => `${file(tensor).source.name}: tensor ${tensor}`;
  const dtype = (tensor: string) => entryOf(file(tensor), tensor).dtype;
  return {
    name,
    metadata: new Map(files.flatMap(({ metadata }) => [...metadata])),
    names: () => [...fileOf.keys()],
    has: (tensor) => fileOf.has(tensor),
    shape: (tensor) => entryOf(file(tensor), tensor).shape,
    dtype,
    read: async (tensor) => toFloat32(await readBytes(file(tensor), tensor), dtype(tensor), what(tensor)),
    async *chunks(tensor, elements = chunkElements) {
      const bytes = elements * elementBytes[dtype(tensor)];
      for await (const piece of readChunks(file(tensor), tensor, bytes))
        yield toFloat32(piece, dtype(tensor), what(tensor));
    },
    close: () => closeAll(files),
  };
}
