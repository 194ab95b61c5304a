import { access, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { scene } from '../../model/scenes/scene.ts';
import { commands } from '../../targets/node/cli/commands.ts';
import { encodePng } from '../../targets/node/images.ts';
import { repositoryRoot } from '../support/repository.ts';
import { mmgem, removeTemporaryFolders, runProgram, temporaryFolder } from './support.ts';

const test = suite('README');
test.after(removeTemporaryFolders);

const readme = await readFile(join(repositoryRoot, 'README.md'), 'utf8');

/** The first block of code in a language. */
function block(language: string): string {
  const code = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(readme)?.[1];
  assert.ok(code, `README.md has no ${language} block`);
  return code!;
}

test('the first example runs as it is written, and ends', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'node_modules'));
  await symlink(repositoryRoot, join(folder, 'node_modules', 'mmgem'), 'dir');
  await writeFile(join(folder, 'photo.jpg'), await encodePng(scene(1, { side: 320 }).image));
  await writeFile(join(folder, 'example.mjs'), block('js'));
  const { code, stdout, stderr } = await runProgram(process.execPath, ['example.mjs'], { cwd: folder });
  assert.is(code, 0, stderr);
  assert.match(stdout, /^cosine -?0\.\d+\n.+\nregion: .+\n8×8 cosines, from text to patch\n$/s);
});

test('names every command, and no other', async () => {
  const named = new Set([...readme.matchAll(/^\| `mmgem (\w+)/gm)].map(([, name]) => name));
  assert.is(named.size, commands.length);
  const { stdout } = await mmgem(['--help']);
  for (const name of named) assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'));
});

test('names only files that are there', async () => {
  const folders = [...readme.matchAll(/^\| `(\w+)\/`/gm)].map(([, name]) => name!);
  assert.ok(folders.length >= 5);
  for (const path of [...folders, 'test/golden', '.ci/run']) await access(join(repositoryRoot, path));
});

test.run();
