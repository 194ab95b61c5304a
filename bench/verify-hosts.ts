/** `npm run verify:hosts`: golden files on every backend of every host that is here, as a table in Markdown. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type VerifyRow, worstLast } from '../model/verify/verify.ts';
import { prepareMesa } from '../targets/node/dawn/mesa.ts';
import { browserKinds, browserNames, findBrowser } from '../test/browser/support/browsers.ts';
import { launchBrowser } from '../test/browser/support/launch.ts';
import { Tab } from '../test/browser/support/tab.ts';
import { VerifySite } from '../test/browser/support/verify-site.ts';
import { type TestTarget, testTargets } from '../test/support/backends.ts';
import { prepareTarget } from '../test/support/hosts.ts';
import { goldenPath, repositoryRoot } from '../test/support/repository.ts';

/** Operators, RoIAlign and a model's forward pass: what a software adapter gets through in minutes. */
const goldenFiles = [...['operators', 'roi_align'], ...['tiny_params', 'tiny_batch', 'tiny_forward']] as const;

interface Finding {
  readonly description: string;
  readonly rows: readonly VerifyRow[];
}

interface HostRow {
  readonly backend: string;
  readonly host: string;
  readonly find: () => Promise<Finding>;
}

/** One of the test targets: the command line's own `verify`, in a process of its own. */
function targetRow(target: TestTarget): HostRow {
  const { name, backend, simd } = target;
  return {
    backend,
    host: name,
    async find() {
      const readiness = await prepareTarget(target);
      if (!readiness.ready) throw new Error(readiness.reason);
      const before = readiness.arguments ?? [];
      const main = join(repositoryRoot, 'dist', 'targets', 'node', 'cli', 'main.js');
      const options = ['--backend', backend, ...(simd ? ['--simd', simd] : []), '--json'];
      const only = `^(${goldenFiles.join('|')})[.]`;
      const { stdout } = await promisify(execFile)(
        readiness.node,
        [...before, main, 'verify', goldenPath(), '--only', only, ...options],
        { env: { ...process.env, ...readiness.env }, maxBuffer: 2 ** 26 },
      ).catch((error: { stdout?: string }) => {
        // Rows beyond their tolerance are an error of the command, and a finding here.
        if (error.stdout) return { stdout: error.stdout };
        throw error;
      });
      const { backend: said, rows } = JSON.parse(stdout) as { backend: string; rows: VerifyRow[] };
      return { description: said.replace(/^\w+: /, ''), rows };
    },
  };
}

/** A backend of a browser. */
function browserRow(
  name: (typeof browserNames)[number],
  backend: string,
  isolated: boolean,
  site: VerifySite,
): HostRow {
  return {
    backend,
    host: backend === 'wasm' && !isolated ? `${name}, page not isolated` : name,
    async find() {
      const kind = browserKinds[name];
      const found = findBrowser(kind);
      if (!('program' in found)) throw new Error(found.reason);
      await using launched = await launchBrowser(kind, found.program);
      await using tab = await Tab.open(launched.browser);
      site.site.isolated = isolated;
      // Awaited here: the tab closes when this returns.
      return await site.verify(tab, {
        backend,
        folder: '/golden/',
        files: goldenFiles.map((file) => `${file}.safetensors`),
      });
    },
  };
}

function line({ backend, host }: HostRow, { description, rows }: Finding): string {
  const within = rows.filter(({ ok }) => ok).length;
  const { error, tolerance, case: name, tensor } = worstLast(rows).at(-1)!;
  const worst = error === undefined || error === null ? 'did not run' : error.toExponential(1);
  const allowed = tolerance === undefined ? '' : ` of ${tolerance.toExponential(0)}`;
  return `| \`${backend}\` | ${host} | ${description} | ${within} of ${rows.length} | ${worst}${allowed} (${name} ${tensor}) |`;
}

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
prepareMesa();
await using site = await VerifySite.open();
const known: readonly HostRow[] = [
  ...testTargets.filter(({ onRequest }) => !onRequest).map(targetRow),
  ...browserNames.flatMap((name) => [
    browserRow(name, 'wasm', true, site),
    browserRow(name, 'wasm', false, site),
    browserRow(name, 'webgpu', true, site),
  ]),
];
const title = ({ backend, host }: HostRow): string => `${backend} ${host}`;
const hosts = known.filter((row) => new RegExp(values.only).test(title(row)));
if (hosts.length === 0) throw new Error(`--only ${values.only} is none of ${known.map(title).join('; ')}`);

console.log(
  '| backend | host | what runs it | tensors within their tolerance | worst error |\n| --- | --- | --- | --- | --- |',
);
for (const host of hosts) {
  try {
    const finding = await host.find();
    console.log(line(host, finding));
    if (finding.rows.some(({ ok }) => !ok)) process.exitCode = 1;
  } catch (error) {
    console.log(
      `| \`${host.backend}\` | ${host.host} | not here: ${error instanceof Error ? error.message : error} | | |`,
    );
  }
}
