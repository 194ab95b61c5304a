/** Short runs are timed by npm's benchmark: it repeats them until the clock can tell them apart, sample after sample. */
import Benchmark from 'benchmark';

/** Milliseconds of a run, one number a sample. */
export function microSamples(run: () => Promise<unknown>, seconds: number): Promise<number[]> {
  // Bound: Benchmark pastes the source of a function that it can read into one of its own, where our variables are not.
  const once = ((deferred: { resolve(): void }): void => {
    run().then(
      () => deferred.resolve(),
      (error: unknown) => fail(error),
    );
  }).bind(undefined);
  let fail: (error: unknown) => void = () => {};
  return new Promise((resolve, reject) => {
    fail = reject;
    const benchmark = new Benchmark('run', once, {
      defer: true,
      async: true,
      maxTime: seconds,
      minSamples: 3,
      onComplete: () => resolve(benchmark.stats.sample.map((value) => value * 1000)),
      onError: () => reject(benchmark.error),
    });
    benchmark.run();
  });
}
