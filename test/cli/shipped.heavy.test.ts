import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { itemsOfScenes } from '../../model/evaluate/from-scenes.ts';
import type { RgbImage } from '../../model/preprocess/image.ts';
import { encodePng } from '../../targets/node/images.ts';
import { mmgem, mmgemJson, removeTemporaryFolders, temporaryFolder } from './support.ts';

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
  readonly scores: Readonly<Record<'captions' | 'regions' | 'claims' | 'rankings' | 'located', Score>>;
}

/** What the model must reach of each, far above chance: see its card. */
const least = { rankings: 0.8, regions: 0.8, claims: 0.75, located: 0.7 } as const;

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
  for (const [name, share] of Object.entries(least)) {
    const { right, of } = scores[name as keyof typeof least];
    assert.ok(right >= share * of, `${name}: ${right} of ${of}`);
  }
  assert.match(await readFile(join(cwd, 'page.html'), 'utf8'), '<h2>Your images</h2>');
});

test('is what commands run when no model is named', async () => {
  const { code, stdout, stderr } = await mmgem(['caption', 'own.png', '--backend', 'wasm'], options);
  assert.is(code, 0, stderr);
  assert.ok(item!.judge!(stdout.trim()).claims > 0, stdout);
});

test.run();
