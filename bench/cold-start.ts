/** From nothing to the first embedding: fresh processes, one after the other, and the median of each part of their starts. */
import { execFile } from 'node:child_process';
import { parseArgs, promisify } from 'node:util';
import type { Span } from './cold-start/start.ts';
import { median } from './measure.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '15' },
    simd: { type: 'string' },
    threads: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const [model] = positionals;
if (model === undefined) {
  console.error('usage: node dist/bench/cold-start.js MODEL [--runs N] [--simd BUILD] [--threads N] [--json]');
  process.exit(2);
}
const backend = { ...(options.simd && { simd: options.simd }), ...(options.threads && { threads: +options.threads }) };
const script = new URL('./cold-start/start.js', import.meta.url).pathname;

async function start(): Promise<readonly Span[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, model!, JSON.stringify(backend)]);
  return JSON.parse(stdout) as readonly Span[];
}

/** Spans of one name as one: from the first beginning to the last end, and what they took together. */
function summary(starts: readonly (readonly Span[])[], part: string) {
  const each = starts.map((spans) => spans.filter((span) => span.part === part)).filter((spans) => spans.length > 0);
  const middle = (of: (spans: readonly Span[]) => number): number => median(each.map(of).sort((a, b) => a - b));
  return {
    part,
    times: middle((spans) => spans.length),
    from: middle((spans) => Math.min(...spans.map(({ from }) => from))),
    to: middle((spans) => Math.max(...spans.map(({ to }) => to))),
    cpu: middle((spans) => spans.reduce((sum, { cpu }) => sum + cpu, 0)),
  };
}

/** Milliseconds from the beginning of one part to the beginning or end of another, in each start. */
function between(starts: readonly (readonly Span[])[], first: string, last: string, edge: 'from' | 'to'): number {
  const lengths = starts.map((spans) => {
    const begin = spans.find(({ part }) => part === first)!.from;
    const marks = spans.filter(({ part }) => part === last).map((span) => span[edge]);
    return (edge === 'from' ? Math.min(...marks) : Math.max(...marks)) - begin;
  });
  return median(lengths.sort((a, b) => a - b));
}

await start(); // fills the caches of files and kernels
const starts: (readonly Span[])[] = [];
for (let run = 0; run < Number(options.runs); run++) starts.push(await start());

const parts = [...new Set(starts[0]!.map(({ part }) => part))].map((part) => summary(starts, part));
const figures = {
  untilWeights: between(starts, 'open', 'weights', 'from'),
  untilEmbedding: between(starts, 'open', 'first image', 'to'),
  untilText: between(starts, 'open', 'first text', 'to'),
};
if (options.json) console.log(JSON.stringify({ node: process.version, runs: starts.length, parts, figures }, null, 2));
else {
  const row = (...cells: readonly (string | number)[]): string =>
    cells
      .map((cell, i) =>
        (typeof cell === 'number' ? cell.toFixed(0) : cell)[i === 0 ? 'padEnd' : 'padStart'](i === 0 ? 22 : 8),
      )
      .join(' ');
  console.log(`Node ${process.version}, ${starts.length} starts; medians in ms, CPU of all threads`);
  console.log(row('part', 'from', 'to', 'took', 'CPU', 'times'));
  for (const { part, from, to, cpu, times } of parts.sort((a, b) => a.from - b.from))
    console.log(row(part, from, to, to - from, cpu, times));
  console.log(
    `open to first weight ${figures.untilWeights.toFixed(0)}, to the first image's embedding ${figures.untilEmbedding.toFixed(0)}`,
  );
}
