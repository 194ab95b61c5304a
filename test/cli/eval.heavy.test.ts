import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodePng } from '../../targets/node/images.ts';
import { noise } from '../model/small-model.ts';
import { messageOf, mmgem, mmgemJson, removeTemporaryFolders, temporaryFolder } from './support.ts';

const test = suite('mmgem eval');
const cwd = await temporaryFolder();
const options = { cwd, env: { MMGEM_MODEL: 'nano' } };
const wasm = ['--backend', 'wasm', '--max-length', '4'];

const phrases = ['a red circle', 'a blue star', 'the sea', 'a small dog', 'two trees', 'a green square'];

/** Six pictures, of which the fourth is damaged; so is the last line. */
test.before(async () => {
  await mmgemJson(['init', '--config', 'nano', '--seed', '1', '--out', 'nano'], 0, options);
  const lines = await Promise.all(
    phrases.map(async (phrase, i) => {
      await writeFile(join(cwd, `${i}.png`), await encodePng(noise(i, 96, 80)));
      return JSON.stringify({
        image: `${i}.png`,
        caption: `here is ${phrase}`,
        longCaption: `here is ${phrase}, on a light ground that is a little darker at the bottom`,
        label: phrase,
        regions: [
          { box: [0.2, 0.1, 0.5, 0.6], text: phrase },
          { box: [0.4, 0.3, 0.8, 0.9], text: 'something else' },
        ],
      });
    }),
  );
  await truncate(join(cwd, '3.png'), 2000);
  await writeFile(join(cwd, 'pictures.jsonl'), `${lines.join('\n')}\n{"image": 7}\n`);
  await writeFile(join(cwd, 'classes.txt'), `${phrases.slice(0, 3).join('\n')}\n\na cat\n`);
  await writeFile(join(cwd, 'templates.txt'), 'a picture of {}\n\n');
});
test.after(removeTemporaryFolders);

interface Document {
  readonly model: string;
  readonly backend: string;
  readonly items: number;
  readonly broken: readonly { readonly key: string }[];
  readonly suites: Readonly<Record<string, Suite>>;
}

interface Suite {
  readonly measures: Readonly<Record<string, { readonly value: number; readonly kind: string }>>;
  readonly used: Readonly<Record<string, number>>;
  readonly skipped: readonly { readonly key: string; readonly reason: string }[];
}

const all = ['retrieval', 'long', 'zero-shot', 'captions', 'regions', 'pointing', 'region-captions'];

test('every suite that the data allows, the same in the file', async () => {
  const args = ['eval', '--data', 'pictures.jsonl', '--group', '5', '--out', 'found.json', ...wasm];
  const found = await mmgemJson<Document>(args, 0, options);
  assert.equal(Object.keys(found.suites), all);
  assert.equal(JSON.parse(await readFile(join(cwd, 'found.json'), 'utf8')), found);
  assert.is(found.items, 6);
  assert.equal(
    found.broken.map(({ key }) => key),
    ['pictures.jsonl:7'],
  );
  for (const [name, { measures, skipped }] of Object.entries(found.suites)) {
    assert.ok(skipped.length >= 1, name);
    for (const { key, reason } of skipped) {
      assert.match(key, '3.png', name);
      assert.match(reason, /pictures\.jsonl:4: cannot be decoded as PNG|no two regions/, name);
    }
    for (const { value, kind } of Object.values(measures)) {
      assert.ok(value >= 0 && (kind === 'score' || value <= 1), name);
    }
  }
  assert.equal(found.suites.retrieval!.used, { images: 5, texts: 5 });
  assert.is(found.suites.retrieval!.measures['image to text R@5']!.value, 1);
  assert.is(found.suites['zero-shot']!.used.images, 5);
});

test('a table and what must be known to read it, for people', async () => {
  const args = ['eval', '-d', 'pictures.jsonl', '--suites', 'zero-shot,captions', '--limit', '4'];
  const files = ['--classes', 'classes.txt', '--templates', 'templates.txt', '-o', 'table.json'];
  const { code, stdout, stderr } = await mmgem([...args, ...files, ...wasm], options);
  assert.is(code, 0, stderr);
  assert.match(stdout, /^nano on 4 items of pictures\.jsonl \(wasm: .+\)$/m);
  assert.match(stdout, /^suite +measure +value +chance +cases$/m);
  assert.match(stdout, /^zero-shot classification +top-1 +\d+\.\d % +\d+\.\d % +3$/m);
  assert.match(stdout, /^captions +CIDEr-D +\d\.\d{3} +3$/m);
  assert.match(stdout, /^zero-shot classification: 3 images, 4 classes, 1 templates$/m);
  assert.match(stdout, /^ {2}1 skipped:\n {4}1 × pictures\.jsonl:4: cannot be decoded as PNG/m);
  assert.match(stdout, /^ {2}0\.png: “.*” \(right is “.+”\)$/m);
  assert.match(stdout, /\nwritten to table\.json\n$/);
});

test('scenes are drawn from their seed', async () => {
  const drawn = (seed: string) => {
    const args = ['eval', '--scenes', '12', '--seed', seed, '--suites', 'retrieval,captions,region-captions'];
    return mmgemJson<Document>([...args, '--group', '5', ...wasm], 0, options);
  };
  const [one, same, other] = [await drawn('3'), await drawn('3'), await drawn('4')];
  assert.equal(one, same);
  assert.not.equal(one.suites, other.suites);
  assert.is(one.suites.retrieval!.used.images, 12);
  assert.is(one.suites.captions!.measures['right in every claim']!.value, 0);
});

const wrongUses: readonly (readonly [args: string, message: string])[] = [
  ['eval -d nowhere', 'nowhere: there is no such file or folder. Check the path.'],
  ['eval -d pictures.jsonl --classes nothing.txt', 'nothing.txt: does not exist. Check the path.'],
  [
    'eval -d pictures.jsonl --suites dreams',
    `option '--suites <names>' argument 'dreams' is invalid. There is no suite "dreams". Choose among ${all.join(',')}.`,
  ],
  ['eval', 'say what to evaluate on: give either --data or --scenes'],
  ['eval -d pictures.jsonl --scenes 5', 'say what to evaluate on: give either --data or --scenes'],
  ['eval -d pictures.jsonl --seed 5', '--seed is that of scenes; it says nothing about --data'],
];

test('what cannot be used is named', async () => {
  for (const [args, message] of wrongUses) {
    assert.is(await messageOf([...args.split(' '), ...wasm], options), message, args);
  }
  await writeFile(join(cwd, 'bare.jsonl'), '{"image": "0.png", "caption": "a dog"}\n');
  assert.match(
    await messageOf(['eval', '-d', 'bare.jsonl', '--suites', 'pointing', ...wasm], options),
    /^suite pointing: of 1 items every one has no regions\. /,
  );
});

test.run();
