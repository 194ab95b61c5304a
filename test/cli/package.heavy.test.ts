import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { repositoryRoot } from '../support/repository.ts';
import { removeTemporaryFolders, runProgram, temporaryFolder } from './support.ts';

const test = suite('package');
test.after(removeTemporaryFolders);

const program = `
import { load, open, packagedModel, MmgemError } from 'mmgem';
const engine = await open('wasm', { threads: 1 });
const model = await load(packagedModel(), { engine });
const [text] = await model.embedTexts(['a dog']);
await model.close();
await engine.close();
console.log(text.length, engine.info.backend, new MmgemError('x') instanceof Error);
`;

test('the packed package works in an empty project', async () => {
  const folder = await temporaryFolder();
  await run(process.execPath, ['dist/targets/node/prepack.js'], repositoryRoot);
  // What is built already is packed as it is: building again would change files that other tests are using.
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], repositoryRoot);
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: readonly { path: string }[] }];
  const paths = files.map(({ path }) => path);
  for (const path of [
    'asconfig.json',
    'model/tokenizers/english-4k.json',
    'dist/targets/node/cli/main.js',
    'model/nano/model.safetensors',
    'model/nano/README.md',
    'dist/own-modules.safetensors',
    ...['engine.js', 'kernels.js', 'compiler.js', 'own-modules.safetensors'].map(
      (name) => `dist/targets/browser/workers/${name}`,
    ),
    ...['baseline', 'relaxed', 'wide'].map((simd) => `model/nano/kernels/${simd}.safetensors`),
    'LICENSE',
    'README.md',
  ]) {
    assert.ok(paths.includes(path), `${path} is not packed`);
  }
  assert.equal(
    paths.filter((path) => /^(dist\/)?(test|bench)\//.test(path)),
    [],
  );

  await writeFile(join(folder, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }');
  await run('npm', ['install', '--no-fund', '--no-audit', `./${filename}`], folder);
  const doctor = JSON.parse(
    await run('npx', ['--no-install', 'mmgem', 'doctor', '--backend', 'wasm', '--json'], folder),
  );
  assert.ok(doctor.backends[0].usable);
  await writeFile(join(folder, 'program.js'), program);

  // With the kernels that the package brings nothing is compiled: all that is kept is that the build was proved.
  const cache = join(folder, 'cache');
  assert.is(await run(process.execPath, ['program.js'], folder, { MMGEM_CACHE: cache }), '256 wasm true\n');
  assert.is(
    (await readdir(join(cache, 'kernels'))).length,
    1,
    'the kernels that were packed are not those of this code',
  );

  const weights = join(folder, 'node_modules/mmgem/model/nano/model.safetensors');
  await rm(weights);
  const { code, stderr } = await runProgram(process.execPath, ['program.js'], { cwd: folder });
  assert.is(code, 1);
  assert.match(stderr, `${weights}: is not there`);
});

async function run(command: string, args: readonly string[], cwd: string, env = {}): Promise<string> {
  const { code, stdout, stderr } = await runProgram(command, args, { cwd, env, seconds: 900 });
  assert.is(code, 0, `${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

test.run();
