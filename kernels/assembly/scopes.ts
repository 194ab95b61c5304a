/** Nested scopes of a function that is being printed: their lines, the names known in them, and what may be hoisted past them. */

export interface Scope {
  readonly parent?: Scope;
  readonly depth: number;
  /** What is read in here may only be read here: the scope is a branch, or a loop that may run zero times. */
  readonly guard: boolean;
  readonly lines: string[];
  readonly names: Map<string, string>;
}

const makeScope = (parent: Scope | undefined, guard: boolean): Scope => ({
  ...(parent && { parent }),
  depth: parent ? parent.depth + 1 : 0,
  guard,
  lines: [],
  names: new Map(),
});

const indented = (line: string): string => (line === '' ? '' : `  ${line}`);

/** The scopes from the function's own, the root, down to the current one. */
export class Scopes {
  readonly root: Scope = makeScope(undefined, false);
  #current: Scope = this.root;
  /** Where the last block of a scope's lines begins; an else branch belongs to it. */
  readonly #blockStarts = new WeakMap<string[], number>();

  get current(): Scope {
    return this.#current;
  }

  line(text: string): void {
    this.#current.lines.push(text);
  }

  /** Runs `body` with an outer scope as the current one: lines go to its end, and only its names are seen. */
  at<T>(scope: Scope, body: () => T): T {
    const before = this.#current;
    this.#current = scope;
    try {
      return body();
    } finally {
      this.#current = before;
    }
  }

  /** Runs `body` in a new scope within the current one and returns the lines it printed, which nobody has taken over yet. */
  within(guard: boolean, body: () => void): string[] {
    const scope = makeScope(this.#current, guard);
    this.at(scope, body);
    return scope.lines;
  }

  /** `head { … }`, the lines of `body` in a scope of their own. */
  block(head: string, body: () => void, guard: boolean): void {
    const outer = this.#current.lines;
    const end = outer.length;
    const lines = this.within(guard, body);
    const hoisted = outer.splice(end);
    // What an else branch hoists must not come between it and its if.
    const start = head.startsWith('else') ? (this.#blockStarts.get(outer) ?? end) : end;
    outer.splice(start, 0, ...hoisted);
    this.#blockStarts.set(outer, start + hoisted.length);
    outer.push(`${head} {`, ...lines.map(indented), '}');
  }

  define(key: string, text: string): void {
    this.#current.names.set(key, text);
  }

  /** The innermost scope that knows `key`. */
  scopeOf(key: string): Scope | undefined {
    for (let scope: Scope | undefined = this.#current; scope; scope = scope.parent)
      if (scope.names.has(key)) return scope;
    return undefined;
  }

  lookup(key: string): string | undefined {
    return this.scopeOf(key)?.names.get(key);
  }

  /** The innermost guard at or around the current scope; the root when there is none. */
  guard(): Scope {
    let scope = this.#current;
    while (!scope.guard && scope.parent) scope = scope.parent;
    return scope;
  }
}
