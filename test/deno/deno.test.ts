/** mmgem in Deno, as a program of a user's has it. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cliPath, type Finished, runProgram } from '../cli/support.ts';
import { testTarget } from '../support/backends.ts';
import { denoEnvironment, denoMissing, findDeno } from '../support/deno.ts';
import { prepareTarget } from '../support/hosts.ts';
import { repositoryRoot } from '../support/repository.ts';
import { skipBackend } from '../support/skip.ts';

const test = suite('mmgem in Deno');
const deno = findDeno();
const wgpu = await prepareTarget(testTarget('deno-wgpu'));
const folder = mkdtempSync(join(tmpdir(), 'mmgem-deno-'));
test.after(() => rmSync(folder, { recursive: true }));

/** A user's project, which has mmgem among its npm packages. */
mkdirSync(join(folder, 'node_modules'));
symlinkSync(repositoryRoot, join(folder, 'node_modules', 'mmgem'), 'junction');
writeFileSync(join(folder, 'package.json'), '{ "type": "module", "dependencies": { "mmgem": "*" } }');

const onDeno: typeof test | ((name: string, run: () => Promise<void>) => void) =
  deno === undefined ? (name: string) => skipBackend(test, name, 'deno-wasm', denoMissing) : test;
const onWgpu = (name: string, run: () => Promise<void>): void => {
  if (wgpu.ready) test(name, run);
  else skipBackend(test, name, 'deno-wgpu', wgpu.reason);
};

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  return runProgram(deno!, ['run', '--no-prompt', ...args], {
    cwd: folder,
    env: { ...denoEnvironment, ...env },
    seconds: 300,
  });
}

/** Runs a TypeScript program of the user's. */
function runText(text: string, flags: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished> {
  writeFileSync(join(folder, 'main.ts'), text);
  return run([...flags, 'main.ts'], env);
}

onDeno('importing the package does nothing and takes no permission', async () => {
  const { code, stdout, stderr } = await runText("import 'mmgem'; console.log('imported');", []);
  assert.equal({ code, stdout, stderr }, { code: 0, stdout: 'imported\n', stderr: '' });
});

onDeno('wasm embeds and captions on threads, and the program ends by itself', async () => {
  const made = await run(['-A', cliPath, 'init', '--config', 'nano', '--seed', '1', '--out', join(folder, 'nano')]);
  assert.is(made.code, 0, made.stderr);
  const { code, stdout, stderr } = await runText(
    `import { encodePng, load, open } from 'mmgem';
    const engine = await open('wasm', { threads: 2 });
    const model = await load('nano', { engine });
    const png = await encodePng({ width: 4, height: 3, data: new Uint8Array(36).fill(99) });
    const [image] = await model.embedImages([png]);
    const [text] = await model.embedTexts(['a red circle']);
    const caption = await model.caption(png, { maxLength: 3 }).text();
    console.log(JSON.stringify({ image: image!.length, text: text!.length, caption, info: engine.info }));
    await model.close();
    await engine.close();`,
    ['-A'],
  );
  assert.is(code, 0, stderr);
  const { image, text, caption, info } = JSON.parse(stdout);
  assert.equal([image, text, typeof caption], [256, 256, 'string']);
  assert.match(info.details.engine, /^V8 \d+\.\d+ of Deno \d+\.\d+\.\d+$/);
  assert.is(info.details.threads, 2);
  assert.match(info.details['not wide'], /Deno/);
});

onDeno('what Deno does not allow is said, with all the flags', async () => {
  const text = "import { open } from 'mmgem'; await open('wasm').catch((error) => console.log(error.message));";
  for (const flags of [[], ['--allow-read'], ['--allow-read', '--allow-env']]) {
    const { stdout, stderr } = await runText(text, flags);
    assert.match(
      stdout,
      /backend wasm cannot run here: Deno does not allow it: Requires (read|env|sys) access/,
      stderr,
    );
    assert.match(stdout, /Start Deno with --allow-read --allow-write --allow-env --allow-sys/);
  }
});

onDeno('without sharp images are refused, with what sharp takes', async () => {
  const { stdout, stderr } = await runText(
    `import { encodePng } from 'mmgem';
    await encodePng({ width: 1, height: 1, data: new Uint8Array(3) }).catch((error) => console.log(error.message));`,
    ['--allow-read', '--allow-env', '--allow-sys'],
  );
  assert.match(stdout, /sharp does not load .*Start Deno with --allow-ffi/, stderr);
});

onDeno('without a driver wgpu says what it looked for and what to install', async () => {
  if (process.platform !== 'linux') return;
  const text = "import { open } from 'mmgem'; await open('wgpu').catch((error) => console.log(error.message));";
  const none = { VK_DRIVER_FILES: '/no/such.json', __EGL_VENDOR_LIBRARY_FILENAMES: '/no/such.json' };
  const { stdout, stderr } = await runText(text, ['-A'], none);
  assert.match(stdout, /wgpu finds no GPU adapter\. VK_DRIVER_FILES names \/no\/such\.json/, stderr);
  assert.match(stdout, /mesa-vulkan-drivers/);
  const allowedNothing = await runText(text, [], none);
  assert.match(allowedNothing.stdout, /no GPU adapter.*--allow-read --allow-env/, allowedNothing.stderr);
});

onDeno('the command line runs on the backends of Deno', async () => {
  const { code, stdout, stderr } = await run(['-A', cliPath, 'doctor', '--backend', 'wasm', '--json']);
  assert.is(code, 0, stderr);
  const { host, backends } = JSON.parse(stdout);
  assert.match(host.deno, /^\d+\.\d+\.\d+$/);
  assert.is(backends[0].usable, true);
  const unknown = await run(['-A', cliPath, 'doctor', '--backend', 'dawn']);
  assert.match(unknown.stderr, /unknown backend 'dawn'; this host has wgpu, wasm/);
});

onWgpu('a lost device is told, and the program ends by itself', async () => {
  const program = fileURLToPath(new URL('./lost-device.js', import.meta.url));
  const { code, stdout, stderr } = await run(['-A', program], wgpu.ready ? wgpu.env : {});
  assert.is(code, 0, stderr);
  assert.match(
    stdout,
    /^result 10 7\nresult 0 undefined\nlost destroyed\nDeviceLostError: .* was lost .*open the engine again/,
  );
});

test.run();
