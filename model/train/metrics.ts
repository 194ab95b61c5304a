// metrics.jsonl: one line of JSON for each step of a run.
import { MmgemError } from '../errors.ts';
import { parseJson } from '../files/source.ts';
import type { RunFolder } from './folder.ts';

export const metricsFile = 'metrics.jsonl';
const newline = 0x0a;

export interface MetricsLine {
  readonly step: number;
  /** By name; null for what is no finite number. */
  readonly losses: Readonly<Record<string, number | null>>;
  readonly gradientNorm: number | null;
  /** The learning rate of vision transformer and language model; in stage 2 of what learns there. */
  readonly rate: number;
  /** τ, where there is one. */
  readonly temperature?: number;
  readonly imagesPerSecond: number;
  /** Images of all steps so far. */
  readonly images: number;
  /** Of fetching batches and taking steps so far. */
  readonly seconds: number;
  /** Where the next batch begins. */
  readonly place: unknown;
  /** Of the model behind this step. */
  readonly evaluation?: {
    readonly figures: Readonly<Record<string, number>>;
    /** What was said of each example, by its name. */
    readonly captions: Readonly<Record<string, string>>;
  };
}

export interface MetricsLog {
  /** Steps up to the one that the run goes on from of which the file has no line. */
  readonly missing: number;
  add(line: MetricsLine): Promise<void>;
  /** Returns when all lines would outlive a crash of the machine. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the metrics of a run that goes on behind `step`: lines of later steps, which are about to come again, are dropped.
 * @throws MmgemError naming the line that is no line of metrics
 */
export async function openMetrics(folder: RunFolder, step: number): Promise<MetricsLog> {
  const { name, lines } = await wholeLines(folder);
  let [kept, bytes, last] = [0, 0, 0];
  for (const line of lines) {
    if (last >= step) break; // what a crash left behind the last flush need not even be JSON
    last = parseLine(line, kept + 1, name).step;
    if (last > step) break;
    bytes += new TextEncoder().encode(line).length + 1;
    kept++;
  }
  const file = await folder.append(metricsFile, bytes);
  return {
    missing: step - kept,
    add: (line) => file.append(`${JSON.stringify(line)}\n`),
    flush: () => file.flush(),
    close: () => file.close(),
  };
}

/** All lines of a run's metrics, without a last one that is not whole. */
export async function readMetrics(folder: RunFolder): Promise<MetricsLine[]> {
  const { name, lines } = await wholeLines(folder);
  return lines.map((line, i) => parseLine(line, i + 1, name));
}

/** A killed process may have ended anywhere, in the middle of a letter too. */
async function wholeLines(folder: RunFolder): Promise<{ name: string; lines: string[] }> {
  const store = folder.store();
  const name = `${store.name}/${metricsFile}`;
  if (!(await store.exists(metricsFile))) return { name, lines: [] };
  const source = await store.open(metricsFile);
  try {
    const bytes = await source.read(0, source.size);
    const whole = bytes.subarray(0, bytes.lastIndexOf(newline) + 1);
    return { name, lines: new TextDecoder().decode(whole).split('\n').slice(0, -1) };
  } finally {
    await source.close?.();
  }
}

function parseLine(line: string, number: number, fileName: string): MetricsLine {
  const json = parseJson(line, `${fileName} line ${number}`) as Partial<MetricsLine> | null;
  if (Number.isSafeInteger(json?.step)) return json as MetricsLine;
  throw new MmgemError(`${fileName} line ${number}: has no step. Repair the line, or move the file away.`);
}
