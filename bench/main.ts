/** `npm run bench`: suites × backends × peers, as a table, as JSON, as a page. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatTable } from '../targets/node/cli/table.ts';
import { prepareMesa } from '../targets/node/dawn/mesa.ts';
import { writeAtomically } from '../targets/node/files.ts';
import { packageRoot } from '../targets/node/package-files.ts';
import { checkFloorsFile, judge, outcome, recorded, type Verdict } from './floors.ts';
import { type BenchmarkOptions, parseOptions, usage } from './options.ts';
import { benchmarkHtml } from './report/page.ts';
import { resultText } from './report/text.ts';
import type { BenchmarkResult } from './result.ts';
import { casesOf, runBenchmark } from './run.ts';
import { suiteNamed } from './suites/suites.ts';

const floorsFile = join(packageRoot(), 'bench', 'floors.json');

/** Exit codes: 1, a floor was missed or a result differs; 2, the command line means nothing. */
async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(usage);
    return 0;
  }
  let options: BenchmarkOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (options.list) {
    console.log(listText(options));
    return 0;
  }
  prepareMesa();
  const floors = checkFloorsFile(JSON.parse(await readFile(floorsFile, 'utf8')), floorsFile);
  // Quick cases have no floors.
  const verdictsOf = (result: BenchmarkResult): Verdict[] =>
    options.check || !options.quick ? judge(floors, result) : [];
  const keep = async (result: BenchmarkResult): Promise<void> => {
    const verdicts = verdictsOf(result);
    if (options.json !== undefined) await write(options.json, `${JSON.stringify({ ...result, verdicts }, null, 1)}\n`);
    if (options.html !== undefined) await write(options.html, benchmarkHtml(result, verdicts));
  };
  const result = await runBenchmark(options, showProgress, keep);
  showProgress('');
  const verdicts = verdictsOf(result);
  console.log(resultText(result, verdicts));
  if (options.record) await write(floorsFile, `${JSON.stringify(recorded(floors, result), null, 2)}\n`);
  const { code, reason } = outcome(result, verdicts, options.check);
  if (reason !== undefined) console.error(reason);
  return code;
}

const write = (path: string, text: string): Promise<void> =>
  writeAtomically(path, (writer) => writer.write(new TextEncoder().encode(text)));

function listText(options: BenchmarkOptions): string {
  const rows = options.suites
    .map(suiteNamed)
    .flatMap((suite) => casesOf(suite, options).map(({ name }, i) => [i === 0 ? suite.name : '', name]));
  return `${formatTable(rows)}\n\nbackends ${options.backends.join(', ')}; peers ${options.peers.join(', ') || 'none'}; browsers ${options.browsers.join(', ') || 'none'}; threads ${options.threads.join(', ')}`;
}

/** One line that changes, where somebody looks on. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`);
  else if (text !== '') process.stderr.write(`${text}\n`);
}

process.exitCode = await main(process.argv.slice(2));
