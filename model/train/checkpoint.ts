// Checkpoints of a run: model directories with the optimiser's moments and the state of the run beside the weights.
import { MmgemError } from '../errors.ts';
import { type Checkpoint, openCheckpoint } from '../files/checkpoint.ts';
import { writeModelFiles, writeText } from '../files/model-directory.ts';
import { safetensorsSize, type TensorToWrite, writeSafetensors } from '../files/safetensors-writer.ts';
import { type DirectoryWriter, type FileStore, readJson } from '../files/source.ts';
import type { Digest, RunFolder } from './folder.ts';
import type { GuardState } from './guard.ts';
import type { RunConfig } from './run-config.ts';
import type { RunParts, StoredTensor } from './seam.ts';

/** The folder of the checkpoints in the folder of the run. */
export const checkpointsFolder = 'checkpoints';

const [weightsFile, momentsFile, stateFile] = ['model.safetensors', 'optimizer.safetensors', 'run.json'];
/** Tensors with this prefix belong to the optimiser. */
const optimizerPrefix = 'optimizer.';
/** Bytes that are read at one time to compute a digest. */
const pieceBytes = 16 * 2 ** 20;

/**
 * Where a run is, as JSON. With the tensors it decides all that follows: a trainer draws nothing but what follows from the
 * step, and what is random about the data is in its place.
 */
export interface RunState {
  /** Steps that are done. */
  readonly step: number;
  /** Where the next batch begins; absent at the beginning. */
  readonly place?: unknown;
  readonly images: number;
  /** Broken records that were skipped. */
  readonly broken: number;
  /** Of fetching batches and taking steps. */
  readonly seconds: number;
  /** The last losses. */
  readonly guard: GuardState;
  readonly config: RunConfig;
}

interface FileMark {
  readonly bytes: number;
  readonly sha256: string;
}

/** What run.json says: `sha256` is that of the rest as JSON without spaces. */
interface StateFile {
  readonly version: 1;
  readonly state: RunState;
  /** Every other file of the checkpoint. */
  readonly files: Readonly<Record<string, FileMark>>;
}

export interface OpenedCheckpoint {
  /** What errors call it, its path. */
  readonly name: string;
  readonly state: RunState;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  close(): Promise<void>;
}

const folderOf = (step: number): string => `step-${String(step).padStart(8, '0')}`;
const pathOf = (step: number): string => `${checkpointsFolder}/${folderOf(step)}`;

/** Steps of the checkpoints, newest last. */
export async function checkpointSteps(folder: RunFolder): Promise<number[]> {
  const names = await folder.folders(checkpointsFolder);
  const steps = names.flatMap((name) => (/^step-\d{8,}$/.test(name) ? [Number(name.slice('step-'.length))] : []));
  return steps.sort((a, b) => a - b);
}

/** The path of a checkpoint, as users write it. */
export function checkpointName(folder: RunFolder, step: number): string {
  return folder.store(pathOf(step)).name;
}

/**
 * Writes the checkpoint of a state, complete or not at all.
 * @throws MmgemError naming the tensor when one is no finite number, and when the disk is full; then nothing is left behind
 */
export async function writeRunCheckpoint(
  folder: RunFolder,
  state: RunState,
  tensors: readonly StoredTensor[],
  model: RunParts<unknown>['model'],
): Promise<void> {
  const isMoment = ({ name }: StoredTensor): boolean => name.startsWith(optimizerPrefix);
  const weights = tensors.filter((tensor) => !isMoment(tensor)).map((tensor) => toWrite(tensor, state.step));
  const moments = tensors.filter(isMoment).map((tensor) => toWrite(tensor, state.step));
  await folder.output(pathOf(state.step)).create(async (directory) => {
    const files: Record<string, FileMark> = {};
    const digested = digesting(directory, () => folder.digest(), files);
    await writeModelFiles(digested, { ...model, tensors: weights });
    await digested.file(momentsFile, (writer) => writeSafetensors(writer, moments), safetensorsSize(moments));
    const content: StateFile = { version: 1, state, files };
    await writeText(directory, stateFile, stateText(content, folder.digest()));
  });
}

/** Removes all but the newest `keep` checkpoints, oldest first. */
export async function pruneCheckpoints(folder: RunFolder, keep: number): Promise<void> {
  for (const step of (await checkpointSteps(folder)).slice(0, -keep)) await folder.remove(pathOf(step));
}

/**
 * Opens a checkpoint after every byte of it was found to be what was written.
 * @throws MmgemError naming the file that is missing, or not what was written
 */
export async function openRunCheckpoint(folder: RunFolder, step: number): Promise<OpenedCheckpoint> {
  const store = folder.store(pathOf(step));
  const { state, files } = await readState(folder, store);
  if (state.step !== step) {
    throw new MmgemError(
      `${store.name}: holds step ${state.step}. Rename it to ${folderOf(state.step)}, or remove it.`,
    );
  }
  for (const [name, mark] of Object.entries(files)) await checkFile(store, name, mark, folder.digest());
  const opened: Checkpoint[] = [];
  const close = async (): Promise<void> => {
    for (const checkpoint of opened) await checkpoint.close();
  };
  try {
    for (const base of [weightsFile, momentsFile]) opened.push(await openCheckpoint(store, { base }));
    return { name: store.name, state, tensors: new Map(opened.flatMap(storedTensors)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function toWrite({ name, shape, read }: StoredTensor, step: number): TensorToWrite {
  const data = async (): Promise<Float32Array> => {
    const values = await read();
    if (values.every(Number.isFinite)) return values;
    throw new MmgemError(
      `step ${step}: tensor ${name} is not finite. The run stops, and no checkpoint is written of it; the last good ` +
        'one is kept. Begin another run from that with lower optimizer rates.',
    );
  };
  return { name, shape, dtype: 'F32', data };
}

function storedTensors(checkpoint: Checkpoint): [string, StoredTensor][] {
  return checkpoint
    .names()
    .map((name) => [name, { name, shape: checkpoint.shape(name), read: () => checkpoint.read(name) }]);
}

/** Writes through to a folder, and notes size and digest of each file. */
function digesting(directory: DirectoryWriter, digest: () => Digest, files: Record<string, FileMark>): DirectoryWriter {
  return {
    async file(path, write, bytes) {
      const running = digest();
      let written = 0;
      const through = async (writer: Parameters<typeof write>[0]): Promise<void> =>
        write({
          name: writer.name,
          async write(piece) {
            running.update(piece);
            written += piece.byteLength;
            await writer.write(piece);
          },
        });
      await directory.file(path, through, bytes);
      files[path] = { bytes: written, sha256: running.hex() };
    },
  };
}

function digestOf(content: Partial<StateFile>, digest: Digest): string {
  digest.update(new TextEncoder().encode(JSON.stringify(content)));
  return digest.hex();
}

function stateText(content: StateFile, digest: Digest): string {
  return `${JSON.stringify({ ...content, sha256: digestOf(content, digest) }, null, 2)}\n`;
}

async function readState(folder: RunFolder, store: FileStore): Promise<StateFile> {
  await checkPresent(store, stateFile);
  const json: unknown = await readJson(store, stateFile).catch(() => undefined);
  const { sha256, ...content } = (json ?? {}) as Partial<StateFile> & { readonly sha256?: string };
  if (sha256 !== digestOf(content, folder.digest())) throw damaged(store, stateFile);
  if (content.version === 1) return content as StateFile;
  throw new MmgemError(
    `${store.name}/${stateFile}: has version ${content.version}, and version 1 is known here. Use the mmgem that wrote it.`,
  );
}

async function checkFile(store: FileStore, name: string, mark: FileMark, digest: Digest): Promise<void> {
  await checkPresent(store, name);
  const source = await store.open(name);
  try {
    if (source.size !== mark.bytes) throw damaged(store, name);
    for (let at = 0; at < source.size; at += pieceBytes) {
      digest.update(await source.read(at, Math.min(pieceBytes, source.size - at)));
    }
    if (digest.hex() !== mark.sha256) throw damaged(store, name);
  } finally {
    await source.close?.();
  }
}

async function checkPresent(store: FileStore, file: string): Promise<void> {
  if (await store.exists(file)) return;
  throw new MmgemError(`${store.name}/${file}: is missing, so that the checkpoint is not whole. ${remedy(store)}`);
}

function damaged(store: FileStore, file: string): MmgemError {
  return new MmgemError(
    `${store.name}/${file}: is not what was written, by its SHA-256: it was damaged or changed. ${remedy(store)}`,
  );
}

function remedy({ name }: FileStore): string {
  return `Remove ${name}, and --resume goes on from the checkpoint before it.`;
}
