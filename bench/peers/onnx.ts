/** Writes ONNX models: a builder for graphs, so that peers run the very weights that we run. */
import { encode, type Message } from './protobuf.ts';

/** TensorProto.DataType and AttributeProto.AttributeType, from onnx.proto. */
const FLOAT = 1;
const INT64 = 7;
const attributeTypes = { int: 2, ints: 7 } as const;

function floatBytes(value: number): Uint8Array {
  return new Uint8Array(Float32Array.of(value).buffer);
}

function attribute(name: string, value: number | readonly number[]): Message {
  if (typeof value === 'number')
    return [
      [1, name],
      [3, value],
      [20, attributeTypes.int],
    ];
  return [[1, name], ...value.map((v) => [8, v] as const), [20, attributeTypes.ints]];
}

type Attributes = Readonly<Record<string, number | readonly number[]>>;

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

  /** The model as bytes, with one float input and one float output of the given shapes. */
  model(input: string, inputShape: readonly number[], output: string, outputShape: readonly number[]): Uint8Array {
    const value = (name: string, shape: readonly number[]): Message => [
      [1, name],
      [
        2,
        [
          [
            1,
            [
              [1, FLOAT],
              [2, shape.map((n) => [1, [[1, n]]] as const)],
            ],
          ],
        ],
      ],
    ];
    const graph: Message = [
      ...this.#nodes.map((node) => [1, node] as const),
      [2, 'vit'],
      ...this.#initializers.map((weight) => [5, weight] as const),
      [11, value(input, inputShape)],
      [12, value(output, outputShape)],
    ];
    // IR version 8 and operator set 17, the first with LayerNormalization.
    return encode([
      [1, 8],
      [7, graph],
      [8, [[2, 17]]],
    ]);
  }
}
