/** Writes ONNX models: a builder for graphs, so that peers run the very weights that we run. */
import { encode, type Message } from './protobuf.ts';

/** TensorProto.DataType and AttributeProto.AttributeType, from onnx.proto. */
const FLOAT = 1;
const INT64 = 7;
const attributeTypes = { int: 2, string: 3, ints: 7 } as const;

function floatBytes(value: number): Uint8Array {
  return new Uint8Array(Float32Array.of(value).buffer);
}

function attribute(name: string, value: Attribute): Message {
  if (typeof value === 'string')
    return [
      [1, name],
      [4, value],
      [20, attributeTypes.string],
    ];
  if (typeof value === 'number' && !Number.isInteger(value))
    throw new RangeError(`attribute ${name} is ${value}: floats are left at their defaults`);
  if (typeof value === 'number')
    return [
      [1, name],
      [3, value],
      [20, attributeTypes.int],
    ];
  return [[1, name], ...value.map((v) => [8, v] as const), [20, attributeTypes.ints]];
}

/** What goes into a model or comes out of it. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type?: 'float' | 'int64';
}

type Attribute = string | number | readonly number[];
type Attributes = Readonly<Record<string, Attribute>>;

export class OnnxGraph {
  readonly #nodes: Message[] = [];
  readonly #initializers: Message[] = [];
  #count = 0;

  /** A weight; row-major. */
  weight(shape: readonly number[], data: Float32Array): string {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return this.#initializer(shape, FLOAT, bytes);
  }

  /** A list of whole numbers: a shape, axes. */
  integers(values: readonly number[]): string {
    return this.#initializer([values.length], INT64, new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
  }

  scalar(value: number): string {
    return this.#initializer([], FLOAT, floatBytes(value));
  }

  #initializer(shape: readonly number[], type: number, bytes: Uint8Array): string {
    const name = `w${this.#count++}`;
    this.#initializers.push([...shape.map((n) => [1, n] as const), [2, type], [8, name], [9, bytes]]);
    return name;
  }

  /** Adds a node with one result and returns the result's name. */
  node(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const name = `n${this.#count++}`;
    const list = Object.entries(attributes).map(([key, value]) => [5, attribute(key, value)] as const);
    this.#nodes.push([...inputs.map((input) => [1, input] as const), [2, name], [4, operator], ...list]);
    return name;
  }

  /** The model as bytes. Its one output is float. */
  model(inputs: readonly OnnxValue[], output: OnnxValue): Uint8Array {
    const graph: Message = [
      ...this.#nodes.map((node) => [1, node] as const),
      [2, 'workload'],
      ...this.#initializers.map((weight) => [5, weight] as const),
      ...inputs.map((value) => [11, valueInfo(value)] as const),
      [12, valueInfo(output)],
    ];
    // IR version 8 and operator set 17, the first with LayerNormalization.
    return encode([
      [1, 8],
      [7, graph],
      [8, [[2, 17]]],
    ]);
  }
}

/** ValueInfoProto: a name, and a TypeProto of a tensor of that element type and shape. */
function valueInfo({ name, shape, type = 'float' }: OnnxValue): Message {
  const dimensions = shape.map((n) => [1, [[1, n]]] as const);
  const tensor: Message = [
    [1, type === 'float' ? FLOAT : INT64],
    [2, dimensions],
  ];
  return [
    [1, name],
    [2, [[1, tensor]]],
  ];
}

/** A matrix [rows, columns] the other way round: weights are [out, in] in checkpoints, [in, out] in ONNX's MatMul. */
export function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = data[i * columns + j]!;
  return result;
}
