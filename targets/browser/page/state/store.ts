/** One value that is replaced as a whole, and who wants to know when it is. */

export interface Store<State> {
  readonly state: State;
  /** Replaces the state by what a pure function makes of it; listeners hear of it unless it is the same. */
  update(change: (state: State) => State): void;
  /**
   * Calls at once, and then whenever what `select` gives is another value than before, or a list of other values.
   * @returns ends it
   */
  watch<Part>(select: (state: State) => Part, listener: (part: Part, state: State) => void): () => void;
}

export function createStore<State>(initial: State): Store<State> {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    get state() {
      return state;
    },
    update(change) {
      const next = change(state);
      if (next === state) return;
      state = next;
      for (const listener of [...listeners]) listener();
    },
    watch(select, listener) {
      let before = select(state);
      listener(before, state);
      const look = (): void => {
        const part = select(state);
        if (isSame(part, before)) return;
        before = part;
        listener(part, state);
      };
      listeners.add(look);
      return () => listeners.delete(look);
    },
  };
}

function isSame(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}
