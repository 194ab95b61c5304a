/** Which program runs this one: Node, or Deno by its Node-compatible modules. */

export interface Runtime {
  readonly name: 'Node' | 'Deno';
  readonly version: string;
  readonly v8: string;
}

/** Deno gives a version of Node, too: the one that it is compatible with. */
export function currentRuntime({ node, deno, v8 }: NodeJS.ProcessVersions = process.versions): Runtime {
  return deno === undefined ? { name: 'Node', version: node, v8 } : { name: 'Deno', version: deno, v8 };
}
