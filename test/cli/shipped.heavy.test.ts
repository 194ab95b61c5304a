import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { itemsOfScenes } from '../../model/evaluate/from-scenes.ts';
import type { RgbImage } from '../../model/preprocess/image.ts';
import { encodePng } from '../../targets/node/images.ts';
import { repositoryRoot } from '../support/repository.ts';
import { mmgem, mmgemJson, removeTemporaryFolders, runProgram, temporaryFolder } from './support.ts';

const test = suite('the model that ships');
const cwd = await temporaryFolder();
/** No model is named: it is the package's own. */
const options = { cwd, env: { MMGEM_MODEL: undefined }, seconds: 900 };
const [item] = itemsOfScenes(1, 5, { side: 200, counts: [1, 0, 0, 0] }).items;
test.before(async () => writeFile(join(cwd, 'own.png'), await encodePng((item!.image as { image: RgbImage }).image)));
test.after(removeTemporaryFolders);

interface Score {
  readonly right: number;
  readonly of: number;
}

interface Shown {
  readonly model: { readonly name: string; readonly isPackaged: boolean };
  readonly pictures: readonly { readonly name: string; readonly caption: string }[];
  readonly rankings: readonly { readonly text: string; readonly places: readonly { readonly picture: string }[] }[];
  readonly scores: Readonly<Record<'captions' | 'regions' | 'rankings' | 'located', Score>>;
}

test('says, finds and points rightly, mostly, also in an image and by a text that it is given', async () => {
  const { regions } = item!;
  const args = ['demo', 'own.png', '--text', regions![0]!.text, '--backend', 'wasm', '--out', 'page.html'];
  const { model, pictures, rankings, scores } = await mmgemJson<Shown>(args, 0, options);
  assert.equal(model.name, 'nano');
  assert.ok(model.isPackaged);
  const own = pictures.at(-1)!;
  assert.is(own.name, 'own.png');
  assert.ok(item!.judge!(own.caption).claims > 0, own.caption);
  assert.is(rankings.at(-1)!.places[0]!.picture, 'own.png');
  assert.is(scores.rankings.right, scores.rankings.of, 'each text finds its picture');
  for (const [name, { right, of }] of Object.entries(scores)) {
    assert.ok(right >= of / 2, `${name}: ${right} of ${of}`);
  }
  assert.match(await readFile(join(cwd, 'page.html'), 'utf8'), '<h2>Your images</h2>');
});

test('npm start shows it', async () => {
  const TMPDIR = await temporaryFolder();
  const env = { ...options.env, TMPDIR };
  // Without building again, which would change files that other tests use.
  const { scripts } = JSON.parse(await readFile(join(repositoryRoot, 'package.json'), 'utf8'));
  const [, started] = /^npm run build --silent && node (.*)$/.exec(scripts.start) ?? [];
  assert.ok(started, scripts.start);
  const { code, stdout, stderr } = await runProgram(process.execPath, started!.split(' '), {
    cwd: repositoryRoot,
    env,
    seconds: 900,
  });
  assert.is(code, 0, stdout + stderr);
  assert.match(stdout, /^MM-GEM: nano, \d\.\d M parameters, on (wasm|dawn): /);
  assert.match(stdout, /^captions right +\d of 6$/m);
  const page = /^Pictures, boxes and heat maps: (.*)$/m.exec(stdout)![1]!;
  assert.ok(page.startsWith(TMPDIR));
  assert.match(await readFile(page, 'utf8'), /^<!doctype html>/);
});

test('is what commands run when no model is named', async () => {
  const { code, stdout, stderr } = await mmgem(['caption', 'own.png', '--backend', 'wasm'], options);
  assert.is(code, 0, stderr);
  assert.ok(item!.judge!(stdout.trim()).claims > 0, stdout);
});

test.run();
