/** Golden files: safetensors whose metadata says what was computed. */
import { MmgemError } from '../errors.ts';
import { readAll, type Tensor } from '../files/safetensors.ts';
import { type FileStore, parseJson } from '../files/source.ts';
import type { CaseDescription } from './case-inputs.ts';

/** A golden file in memory. */
export interface GoldenFile {
  /** The file's name in its folder. */
  readonly name: string;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** An operator case: what goes in, what must come out. */
export interface GoldenCase extends CaseDescription {
  readonly inputs: Readonly<Record<string, Float32Array | Int32Array>>;
  readonly out: Tensor | undefined;
  /** The gradient of the result that those of the inputs follow from. */
  readonly gradientOfOut: Tensor | undefined;
  /** Gradients of inputs, by the inputs' names. */
  readonly gradients: ReadonlyMap<string, Tensor>;
}

/** @throws MmgemError naming the file when it is missing, truncated or malformed */
export async function readGolden(store: FileStore, name: string): Promise<GoldenFile> {
  const source = await store.open(name);
  try {
    const { tensors, file } = await readAll(source);
    return { name, tensors, metadata: file.metadata };
  } finally {
    await source.close?.();
  }
}

/** The tensor of this name. @throws MmgemError naming file and tensor when there is none */
export function goldenTensor(file: GoldenFile, name: string): Tensor {
  const found = file.tensors.get(name);
  if (!found) throw new MmgemError(`${file.name}: has no tensor ${name}. Write the golden file again.`);
  return found;
}

const caseTensor = /^(.+?)\/(?:in\/(.+)|out|grad_out|grad\/(.+))$/;

/** Whether every tensor is called CASE/in/NAME, CASE/out, CASE/grad_out or CASE/grad/NAME. */
export function holdsCases(file: GoldenFile): boolean {
  return file.tensors.size > 0 && [...file.tensors.keys()].every((name) => caseTensor.test(name));
}

/**
 * The cases of a file, in its order: those that have tensors and those that the metadata names.
 * @throws MmgemError when the attributes of a case are not a JSON object
 */
export function casesOf(file: GoldenFile): GoldenCase[] {
  const tensors = [...file.tensors.keys()].map((tensor) => [tensor, caseTensor.exec(tensor)!] as const);
  const names = new Set([...tensors.map(([, match]) => match[1]!), ...file.metadata.keys()]);
  return [...names].map((name) => {
    const own = tensors.filter(([, match]) => match[1] === name);
    const named = (group: 2 | 3) =>
      own.flatMap(([tensor, match]) => (match[group] ? [[match[group], file.tensors.get(tensor)!] as const] : []));
    const inputs = named(2);
    return {
      name,
      attributes: attributesOf(file, name),
      shapes: new Map(inputs.map(([input, { shape }]) => [input, shape])),
      inputs: Object.fromEntries(inputs.map(([input, { data }]) => [input, data])),
      out: file.tensors.get(`${name}/out`),
      gradientOfOut: file.tensors.get(`${name}/grad_out`),
      gradients: new Map(named(3)),
    };
  });
}

function attributesOf(file: GoldenFile, name: string): Readonly<Record<string, unknown>> {
  const attributes = parseJson(file.metadata.get(name) ?? '{}', `${file.name}, attributes of ${name}`);
  if (typeof attributes === 'object' && attributes !== null && !Array.isArray(attributes)) {
    return attributes as Record<string, unknown>;
  }
  throw new MmgemError(`${file.name}: the attributes of ${name} are no JSON object. Write the golden file again.`);
}
