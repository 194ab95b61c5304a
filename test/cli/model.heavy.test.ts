import { copyFile, mkdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readAll } from '../../model/files/safetensors.ts';
import { scene } from '../../model/scenes/scene.ts';
import { openFile } from '../../targets/node/files.ts';
import { decodeImage, encodePng } from '../../targets/node/images.ts';
import { messageOf, mmgem, mmgemJson, removeTemporaryFolders, temporaryFolder } from './support.ts';

const test = suite('commands that run a model');
const cwd = await temporaryFolder();
const env = { MMGEM_MODEL: 'nano' };
const options = { cwd, env };
const wasm = ['--backend', 'wasm'];

test.before(async () => {
  await mmgemJson(['init', '--config', 'nano', '--seed', '1', '--out', 'nano'], 0, options);
  for (const seed of [1, 2])
    await writeFile(join(cwd, `scene${seed}.png`), await encodePng(scene(seed, { side: 320 }).image));
});
test.after(removeTemporaryFolders);

interface Embeddings {
  readonly width: number;
  readonly embeddings: readonly {
    readonly image?: string;
    readonly text?: string;
    readonly values: readonly number[];
  }[];
}

test('embed gives vectors of length 1, the same in JSON and in files', async () => {
  const args = ['embed', 'scene1.png', 'scene2.png', '-t', 'a red circle', '-t', 'a dog', ...wasm, '--out'];
  const { width, embeddings } = await mmgemJson<Embeddings>([...args, 'e.safetensors'], 0, options);
  assert.is(width, 256);
  assert.equal(
    embeddings.map(({ image, text }) => image ?? text),
    ['scene1.png', 'scene2.png', 'a red circle', 'a dog'],
  );
  for (const { values } of embeddings) assert.ok(Math.abs(Math.hypot(...values) - 1) < 1e-5);
  const source = await openFile(join(cwd, 'e.safetensors'));
  const { tensors, file } = await readAll(source);
  await source.close?.();
  assert.equal(tensors.get('texts')?.shape, [2, 256]);
  assert.equal([...tensors.get('images')!.data], [...embeddings[0]!.values, ...embeddings[1]!.values]);
  assert.is(file.metadata.get('texts'), '["a red circle","a dog"]');
});

test('embed prints cosines of images and texts', async () => {
  const { code, stdout } = await mmgem(['embed', 'scene1.png', '-t', 'a dog', ...wasm, '-o', 'e.json'], options);
  assert.is(code, 0);
  assert.match(stdout, /^cosine +scene1\.png\n“a dog” +-?0\.\d{4}$/m);
  const { embeddings } = JSON.parse(await readFile(join(cwd, 'e.json'), 'utf8')) as Embeddings;
  assert.is(embeddings.length, 2);
});

interface Captions {
  readonly captions: readonly { readonly image: string; readonly caption: string; readonly box?: readonly number[] }[];
}

test('captions are the same alone, together and streamed', async () => {
  const settings = ['--max-length', '6', ...wasm];
  const together = await mmgemJson<Captions>(['caption', 'scene1.png', 'scene2.png', ...settings], 0, options);
  const [first, second] = together.captions.map(({ caption }) => caption);
  assert.ok(first && second);
  const streamed = await mmgem(['caption', 'scene1.png', '--stream', ...settings], options);
  assert.is(streamed.stdout, `${first}\n`);
});

test('a box captions a part, in either unit', async () => {
  const settings = ['--max-length', '6', ...wasm];
  const inPixels = ['caption', 'scene1.png', '--box', '32,32,160,96', ...settings];
  const pixels = await mmgemJson<Captions>(inPixels, 0, options);
  const fractions = ['caption', 'scene1.png', '--box', '0.1,0.1,0.5,0.3', '--unit', 'fractions', ...settings];
  const parts = await mmgemJson<Captions>(fractions, 0, options);
  assert.is(pixels.captions[0]!.caption, parts.captions[0]!.caption);
  assert.equal(pixels.captions[0]!.box, [32, 32, 192, 128]);
  assert.is(
    await messageOf(['caption', 'scene1.png', '--box', '300,300,100,100', ...wasm], options),
    'box from 300, 300 to 400, 400 (pixels; image 320×320 pixels): reaches outside of the image. Keep it between 0, 0 and 320, 320, or say that it is given in fractions.',
  );
});

test('drawing and beam search', async () => {
  const draw = (seed: string) => [
    'caption',
    'scene1.png',
    '--max-length',
    '6',
    '--temperature',
    '2',
    '--seed',
    seed,
    ...wasm,
  ];
  const [a, b, c] = await Promise.all(['5', '5', '6'].map((seed) => mmgemJson<Captions>(draw(seed), 0, options)));
  assert.equal(a, b);
  assert.not.equal(a, c);
  const beam = await mmgemJson<Captions>(
    ['caption', 'scene1.png', '--max-length', '6', '--beams', '3', ...wasm],
    0,
    options,
  );
  assert.ok(beam.captions[0]!.caption.length > 0);
});

interface Found {
  readonly results: readonly { readonly file: string; readonly score: number }[];
  readonly index: {
    readonly embedded: number;
    readonly reused: number;
    readonly removed: number;
    readonly skipped: readonly { file: string }[];
  };
}

const search = (...more: string[]) =>
  mmgemJson<Found>(['search', 'photos', 'a red circle', ...wasm, ...more], 0, options);

test('search embeds a folder once, and afterwards only what has changed', async () => {
  await mkdir(join(cwd, 'photos', 'below'), { recursive: true });
  await copyFile(join(cwd, 'scene1.png'), join(cwd, 'photos', 'one.png'));
  await copyFile(join(cwd, 'scene2.png'), join(cwd, 'photos', 'below', 'two.png'));
  await writeFile(join(cwd, 'photos', 'broken.jpg'), 'this is no image');
  const first = await search();
  assert.equal(first.index.embedded, 2);
  assert.equal(first.results.map(({ file }) => file).sort(), ['below/two.png', 'one.png']);
  assert.equal(
    first.index.skipped.map(({ file }) => file),
    ['broken.jpg'],
  );
  const second = await search();
  assert.equal([second.index.embedded, second.index.reused], [0, 2]);
  assert.equal(second.results, first.results);
  await utimes(join(cwd, 'photos', 'one.png'), 1e9, 1e9);
  const third = await search('--top', '1');
  assert.equal([third.index.embedded, third.index.reused, third.results.length], [1, 1, 1]);
});

test('a damaged index is told and made anew', async () => {
  const index = join(cwd, 'photos', '.mmgem-index.safetensors');
  await truncate(index, (await stat(index)).size - 7);
  const { code, stderr, stdout } = await mmgem(['search', 'photos', 'a red circle', ...wasm], options);
  assert.is(code, 0);
  assert.match(stderr, 'mmgem: the index is damaged and is made anew (');
  assert.match(stderr, '.mmgem-index.safetensors');
  assert.match(stdout, '2 images, 2 embedded now, 0 from the index, 1 skipped');
});

test('another model has its own embeddings', async () => {
  await mmgemJson(['init', '--config', 'nano', '--seed', '2', '--out', 'other'], 0, options);
  const { stderr, stdout } = await mmgem(['search', 'photos', 'a red circle', '-m', 'other', ...wasm], options);
  assert.match(stderr, 'was made with another model; the images are embedded anew');
  assert.match(stdout, '2 embedded now');
});

test('locate draws a heat map of the size of the image', async () => {
  interface Located {
    readonly out: string;
    readonly map: { readonly width: number; readonly values: readonly number[] };
  }
  const located = await mmgemJson<Located>(['locate', 'scene1.png', 'a blue star', ...wasm], 0, options);
  assert.is(located.out, 'scene1.heat.png');
  assert.is(located.map.values.length, located.map.width ** 2);
  const { width, height } = await decodeImage(join(cwd, located.out));
  assert.equal([width, height], [320, 320]);
});

const wrongInputs: readonly (readonly [args: string, message: string])[] = [
  [
    'embed -t x -m nowhere',
    'nowhere: is no model directory, as it has no config.json. Name a folder that mmgem init or mmgem import has made.',
  ],
  ['embed nothing.png', 'nothing.png: does not exist. Check the path.'],
  ['embed nano/config.json', 'nano/config.json: is no image, or of an unknown format. Give a JPEG, PNG or WebP file.'],
  ['search nano x', 'nano: holds no JPEG, PNG or WebP files. Name a folder of images.'],
  ['search nothing x', 'nothing: there is no such folder. Check the path.'],
  ['search scene1.png x', 'scene1.png: is a file. Name a folder of images.'],
];

test('inputs that cannot be used are named', async () => {
  for (const [args, message] of wrongInputs) {
    assert.is(await messageOf([...args.split(' '), ...wasm], options), message, args);
  }
});

test('an empty text is refused', async () => {
  assert.match(await messageOf(['embed', '--text', '', ...wasm], options), /empty/);
});

test.run();
