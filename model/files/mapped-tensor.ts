// One of our tensors made of tensors of another project's checkpoint.
import { MmgemError } from '../errors.ts';
import { type Checkpoint, checkFinite } from './checkpoint.ts';
import { type FloatType, isFloatType } from './element-type.ts';
import { elementCount } from './safetensors-header.ts';
import type { FloatTensorToWrite } from './safetensors-writer.ts';

/** Our name, and the tensors whose rows, one after the other, it consists of. */
export interface Mapping {
  readonly name: string;
  readonly sources: readonly string[];
}

export interface MappedTensor extends FloatTensorToWrite {
  readonly data: () => AsyncIterable<Float32Array>;
  /** The whole tensor in memory. */
  readonly read: () => Promise<Float32Array>;
}

/**
 * @param shape what ours must have; leading extents of 1 in theirs do not matter
 * @throws MmgemError naming the tensor when the shapes do not fit or it holds no floats; while it is read, for NaN and infinity
 */
export function mappedTensor(
  checkpoint: Checkpoint,
  { name, sources }: Mapping,
  shape: readonly number[],
): MappedTensor {
  const [first = 1, ...rest] = shape;
  const due = sources.length === 1 ? shape : [first / sources.length, ...rest];
  for (const source of sources) {
    if (`${trimmed(checkpoint.shape(source))}` !== `${trimmed(due)}`) {
      throw new MmgemError(
        `${checkpoint.name}: tensor ${source} is [${checkpoint.shape(source)}] where its neighbours ask for [${due}]. ` +
          'The checkpoint is inconsistent, or of an unsupported variant.',
      );
    }
  }
  const dtype = floatType(checkpoint, sources);
  async function* data(): AsyncGenerator<Float32Array, void> {
    for (const source of sources) {
      let offset = 0;
      for await (const piece of checkpoint.chunks(source)) {
        checkFinite(`${source} of ${checkpoint.name}`, piece, offset);
        offset += piece.length;
        yield piece;
      }
    }
  }
  return { name, dtype, shape, data, read: () => collect(data(), elementCount(shape)) };
}

/** @param count the number of elements that the pieces have together */
export async function collect(pieces: AsyncIterable<Float32Array>, count: number): Promise<Float32Array> {
  const whole = new Float32Array(count);
  let at = 0;
  for await (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function trimmed(shape: readonly number[]): readonly number[] {
  const start = shape.findIndex((extent) => extent !== 1);
  return start === -1 ? [] : shape.slice(start);
}

function floatType(checkpoint: Checkpoint, sources: readonly string[]): FloatType {
  const types = new Set(sources.map((source) => checkpoint.dtype(source)));
  for (const type of types) {
    if (!isFloatType(type)) {
      throw new MmgemError(
        `${checkpoint.name}: tensor ${sources} is ${type}, where F32, F16 or BF16 is due. Convert it to F32.`,
      );
    }
  }
  const [only = 'F32'] = types;
  return types.size === 1 ? (only as FloatType) : 'F32';
}
