/** What of npm's benchmark is used here. */
declare module 'benchmark' {
  interface Options {
    readonly defer?: boolean;
    readonly async?: boolean;
    readonly maxTime?: number;
    readonly minSamples?: number;
    readonly onComplete?: () => void;
    readonly onError?: () => void;
  }
  export default class Benchmark {
    constructor(name: string, run: (deferred: { resolve(): void }) => void, options: Options);
    readonly stats: { readonly sample: readonly number[] };
    readonly error?: Error;
    run(): this;
  }
}
