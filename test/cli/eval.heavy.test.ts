import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodePng } from '../../targets/node/images.ts';
import { drawScene } from '../../targets/node/start/scene.ts';
import { messageOf, mmgem, mmgemJson, removeTemporaryFolders, temporaryFolder } from './support.ts';

const test = suite('mmgem eval');
const cwd = await temporaryFolder();
const options = { cwd, env: { MMGEM_MODEL: 'nano' } };
const wasm = ['--backend', 'wasm', '--max-length', '4'];

/** Six scenes; the image of the fourth is damaged, and so is the last line. */
test.before(async () => {
  await mmgemJson(['init', '--config', 'nano', '--seed', '1', '--out', 'nano'], 0, options);
  const lines = await Promise.all(
    [0, 1, 2, 3, 4, 5].map(async (seed) => {
      const { image, objects, sentence } = drawScene(seed);
      await writeFile(join(cwd, `${seed}.png`), await encodePng(image));
      return JSON.stringify({
        image: `${seed}.png`,
        caption: sentence,
        longCaption: `${sentence}, on a light ground that is a little darker at the bottom`,
        label: objects[0]!.phrase,
        regions: objects.map(({ box, phrase }) => ({ box, text: phrase })),
      });
    }),
  );
  await truncate(join(cwd, '3.png'), 2000);
  await writeFile(join(cwd, 'scenes.jsonl'), `${lines.join('\n')}\n{"image": 7}\n`);
  await writeFile(join(cwd, 'classes.txt'), 'a red circle\na dog\n');
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
  const args = ['eval', '--data', 'scenes.jsonl', '--group', '5', '--out', 'found.json', ...wasm];
  const found = await mmgemJson<Document>(args, 0, options);
  assert.equal(Object.keys(found.suites), all);
  assert.equal(JSON.parse(await readFile(join(cwd, 'found.json'), 'utf8')), found);
  assert.is(found.items, 6);
  assert.equal(
    found.broken.map(({ key }) => key),
    ['scenes.jsonl:7'],
  );
  for (const [name, { measures, skipped }] of Object.entries(found.suites)) {
    assert.ok(skipped.length >= 1, name);
    for (const { key, reason } of skipped) {
      assert.match(key, '3.png', name);
      assert.match(reason, /scenes\.jsonl:4: cannot be decoded as PNG|no two regions/, name);
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
  const args = ['eval', '-d', 'scenes.jsonl', '--suites', 'zero-shot,captions', '--limit', '4'];
  const files = ['--classes', 'classes.txt', '--templates', 'templates.txt', '-o', 'table.json'];
  const labels = (await readFile(join(cwd, 'scenes.jsonl'), 'utf8'))
    .split('\n', 3)
    .map((line) => JSON.parse(line).label);
  await writeFile(join(cwd, 'classes.txt'), `${[...new Set([...labels, 'a dog'])].join('\n')}\n`);
  const { code, stdout, stderr } = await mmgem([...args, ...files, ...wasm], options);
  assert.is(code, 0, stderr);
  assert.match(stdout, /^nano on 4 items of scenes\.jsonl \(wasm: .+\)$/m);
  assert.match(stdout, /^suite +measure +value +chance +cases$/m);
  assert.match(stdout, /^zero-shot classification +top-1 +\d+\.\d % +\d+\.\d % +3$/m);
  assert.match(stdout, /^captions +CIDEr-D +\d\.\d{3} +3$/m);
  assert.match(stdout, /^zero-shot classification: 3 images, \d classes, 1 templates$/m);
  assert.match(stdout, /^ {2}1 skipped:\n {4}1 × scenes\.jsonl:4: cannot be decoded/m);
  assert.match(stdout, /^ {2}0\.png: “.*” \(right is “.+”\)$/m);
  assert.match(stdout, /\nwritten to table\.json\n$/);
});

const wrongUses: readonly (readonly [args: string, message: string])[] = [
  ['eval -d nowhere', 'nowhere: there is no such file or folder. Check the path.'],
  ['eval -d scenes.jsonl --classes nothing.txt', 'nothing.txt: does not exist. Check the path.'],
  [
    'eval -d scenes.jsonl --suites dreams',
    `option '--suites <names>' argument 'dreams' is invalid. There is no suite "dreams". Choose among ${all.join(',')}.`,
  ],
  ['eval', "required option '-d, --data <path>' not specified"],
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
