// An engine that runs graphs in float64 by the interpreter: what the model's own code does, without kernels.

import { evaluateExtent } from '../../dsl/extent.ts';
import { type Graph, interpret, productOfExtents, type Tensor } from '../../dsl/index.ts';
import type { SourceAttributes } from '../../dsl/ops/sources.ts';
import type { BufferDeclaration, Role } from '../../kernels/ir.ts';
import type { GraphEngine } from '../../model/session/programs.ts';
import type { Executable, HostArray, Store } from '../../runtime/seam.ts';

class InterpreterStore implements Store {
  readonly values = new Map<string, Float64Array>();
  async write({ source }: BufferDeclaration, data: HostArray): Promise<void> {
    this.values.set(source!, Float64Array.from(data));
  }
  async reserve({ source, size }: BufferDeclaration): Promise<void> {
    if (!this.values.has(source!)) this.values.set(source!, new Float64Array(evaluateExtent(size, {})));
  }
  async read({ source }: BufferDeclaration): Promise<HostArray> {
    return Float32Array.from(this.values.get(source!)!);
  }
  get bytes(): number {
    return [...this.values.values()].reduce((sum, { length }) => sum + 4 * length, 0);
  }
  async close(): Promise<void> {
    this.values.clear();
  }
}

export function interpreterEngine(): GraphEngine {
  return {
    memory: () => ({ current: 0, peak: 0 }),
    createStore: () => new InterpreterStore(),
    compile: async (graph) => executable(graph),
  };
}

const roles: Readonly<Record<string, Role>> = { input: 'input', parameter: 'parameter', state: 'state' };

function executable(graph: Graph): Executable {
  const sources = graph.nodes.filter((node) => node.operator.kind === 'source');
  const buffers = sources.map((node) => declarationOf(node, roles[node.operator.name]!));
  const nothing = { inputs: 0, outputs: 0, temporaries: 0, peak: 0, lowerBound: 0 };
  return {
    step: { name: graph.name, sizes: graph.sizes, buffers, kernels: [] },
    sources: [],
    plan: () => nothing,
    async run(store, inputs, sizes, { outputs: wanted } = {}) {
      const { values } = store as InterpreterStore;
      const whole = new Map<string, number>(buffers.map(({ source, size }) => [source!, evaluateExtent(size, sizes)]));
      const held = Object.fromEntries(
        [...values].map(([name, data]) => [name, data.subarray(0, whole.get(name) ?? 0)]),
      );
      const result = interpret(graph, { ...held, ...inputs }, sizes);
      for (const [name, data] of Object.entries(result.states)) values.get(name)!.set(data);
      const read = Object.entries(graph.outputs).filter(([name]) => wanted?.includes(name) ?? true);
      return Object.fromEntries(
        read.map(([name, node]) => {
          const data = result.outputs[name]!;
          return [name, node.type === 'i32' ? Int32Array.from(data) : Float32Array.from(data)];
        }),
      );
    },
    async close() {},
  };
}

function declarationOf(node: Tensor, role: Role): BufferDeclaration {
  const { name, storage } = node.attributes as SourceAttributes;
  const size = productOfExtents(node.shape.map(({ extent }) => extent));
  return { name, source: name, role, dtype: storage, size, layout: { kind: 'plain' }, shape: '' };
}
