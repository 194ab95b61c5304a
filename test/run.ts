/** The program behind `npm test`; test/README.md says what it does. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepareMesa } from '../targets/node/dawn/mesa.ts';
import { testTarget } from './support/backends.ts';
import { repositoryRoot } from './support/repository.ts';
import { discover } from './support/runner/discover.ts';
import { executeAll } from './support/runner/execute.ts';
import { plan, prepareTargets } from './support/runner/plan.ts';
import { describeResult, describeTarget, summarize } from './support/runner/report.ts';

/** Test processes at a time. Two also make a machine of two cores busy, as device tests use threads. */
const width = 2;

const usage = `npm test -- [--only PATTERN] [--target NAME]... [--timeout SECONDS] [--list]
  --only      run the files whose path below test/ matches this regular expression
  --target    run device tests alone, on this target; may be given more than once
  --timeout   seconds that each file may take
  --list      print what would run`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    target: { type: 'string', multiple: true, default: [] },
    timeout: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) console.log(usage);
else process.exitCode = (await run()) ? 0 : 1;

async function run(): Promise<boolean> {
  prepareMesa();
  const requested = values.target.map((name) => testTarget(name).name);
  const pattern = new RegExp(values.only ?? '');
  const files = discover(join(repositoryRoot, 'test'), join(repositoryRoot, 'dist', 'test')).filter(
    (file) => pattern.test(file.name) && (requested.length === 0 || file.device),
  );
  const targets = files.some((file) => file.device) || requested.length > 0 ? await prepareTargets(requested) : [];
  for (const target of targets) console.log(describeTarget(target));
  const timeoutSeconds = readTimeout(values.timeout);
  const planned = plan(files, targets, {
    folder: repositoryRoot,
    requested,
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  });
  if (values.list) {
    for (const job of planned.jobs) console.log(`${job.name}${job.heavy ? ' (alone)' : ''}`);
    return true;
  }
  const results = await executeAll(
    planned.jobs,
    width,
    (result) => console.log(describeResult(result)),
    interruption(),
  );
  const { text, ok } = summarize(planned, results);
  console.log(text);
  return ok;
}

function readTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!(seconds > 0)) throw new Error(`--timeout ${text}: expected a number of seconds above 0.`);
  return seconds;
}

/** Aborts at the first Ctrl-C or SIGTERM, so that no test process outlives the runner. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}
