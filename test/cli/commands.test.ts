import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { messageOf, mmgem, mmgemJson, removeTemporaryFolders, temporaryFolder } from './support.ts';

const test = suite('commands');
test.after(removeTemporaryFolders);

const commandNames = [
  'doctor',
  'embed',
  'caption',
  'search',
  'locate',
  'eval',
  'inspect',
  'import',
  'init',
  'convert',
  'kernels',
  'verify',
];

test('help lists every command and ends with 0', async () => {
  const { code, stdout, stderr } = await mmgem(['--help']);
  assert.is(code, 0);
  assert.is(stderr, '');
  for (const name of commandNames) assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'));
});

test('every command has a help of its own', async () => {
  for (const name of commandNames) {
    const { code, stdout } = await mmgem([name, '--help']);
    assert.is(code, 0);
    assert.match(stdout, `Usage: mmgem ${name}`);
    assert.match(stdout, '--json');
  }
});

test('nothing typed: help on stderr, exit code 1', async () => {
  const { code, stdout, stderr } = await mmgem([]);
  assert.is(code, 1);
  assert.is(stdout, '');
  assert.match(stderr, 'Usage: mmgem');
});

test('the version is that of the package', async () => {
  const { stdout } = await mmgem(['--version']);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

const wrongUses: readonly (readonly [args: string, message: string])[] = [
  ['frobnicate', "unknown command 'frobnicate'"],
  ['doctro', "unknown command 'doctro'"],
  ['doctor --frob', "unknown option '--frob'"],
  [
    'doctor --threads none',
    "option '--threads <number>' argument 'none' is invalid. Give a whole number of at least 1.",
  ],
  ['doctor --wide perhaps', "option '--wide <when>' argument 'perhaps' is invalid. Allowed choices are auto, on, off."],
  [
    'doctor --simd avx',
    "option '--simd <build>' argument 'avx' is invalid. Allowed choices are baseline, relaxed, wide.",
  ],
  ['doctor --backend cuda', "unknown backend 'cuda'; this host has dawn, wasm, or auto to choose among them"],
  ['demo -m x nothing.png', 'nothing.png: does not exist. Check the path.'],
  ['embed -m nowhere', 'nothing to embed; name images, or give --text "…"'],
  [
    'embed -m nowhere a.png -o a.txt',
    'a.txt: embeddings are written as .json or .safetensors; give the file one of these endings',
  ],
  ['caption -m x', "missing required argument 'images'"],
  [
    'caption -m x a.png --box 1,2,3',
    "option '--box <x,y,w,h>' argument '1,2,3' is invalid. Give four numbers x,y,w,h: the upper left corner, width and height.",
  ],
  ['caption -m x a.png --box 1,2,0,4', '--box 1,2,0,4: is empty. Give x,y,w,h with a width and a height above 0.'],
  [
    'caption -m x a.png --box 0.1,0.1,0.5,0.5',
    '--box 0.1,0.1,0.5,0.5: is no larger than one pixel. Add --unit fractions if it counts in fractions of the image, else --unit pixels.',
  ],
  [
    'caption -m x a.png --unit pixels',
    '--unit says what a box counts in, but there is no --box; add one, or leave --unit out',
  ],
  [
    'caption -m x a.png --beams 2 --top-k 5',
    '--beams asks for a beam search and --top-k for drawing words; give one or the other',
  ],
  ['caption -m x a.png --top-p 2', "option '--top-p <number>' argument '2' is invalid. Give a number between 0 and 1."],
  ['locate -m x nothing.png dog', 'nothing.png: does not exist. Check the path.'],
  ['locate -m x nothing.png dog -o heat.jpg', '--out heat.jpg: the heat map is written as PNG; name a .png file'],
  ['init --out x', "required option '--config <name>' not specified"],
  [
    'init --config pico --out x',
    'config "pico" is not known. Choose one of nano, mini, vit-b-16+tinyllama, vit-l-14+tinyllama, vit-l-14-336+tinyllama.',
  ],
  [
    'init --config nano --out x --seed 1.5',
    "option '--seed <number>' argument '1.5' is invalid. Give a whole number of at least 0.",
  ],
  [
    'inspect pico',
    'pico: there is no such model directory, and no configuration of this name. Name a directory with a config.json, or one of nano, mini, vit-b-16+tinyllama, vit-l-14+tinyllama, vit-l-14-336+tinyllama.',
  ],
  ['inspect nano --size B', "option '--size <name=number>' argument 'B' is invalid. Give NAME=NUMBER, such as B=4."],
  ['inspect nano --program heatMap --plan', 'program heatMap also needs the sizes B, Q; add --size B=4 --size Q=4'],
  ['import --vision nowhere --language nowhere --out x', 'nowhere: does not exist. Check the path.'],
  ['verify nowhere --backend interpreter', 'nowhere: does not exist. Check the path.'],
  [
    'verify . --backend interpreter --only (',
    '--only (: is no regular expression (Invalid regular expression: /(/: Unterminated group)',
  ],
];

test('wrong uses get one message that says what to do, and exit code 1', async () => {
  const cwd = await temporaryFolder();
  for (const [args, message] of wrongUses) {
    const words = args.split(' ');
    assert.is(await messageOf(words, { cwd, env: { MMGEM_MODEL: undefined } }), message, args);
  }
  assert.equal(await readdir(cwd), [], 'nothing is left behind');
});

test('an unknown program of a model names those there are', async () => {
  const message = await messageOf(['inspect', 'nano', '--program', 'dream']);
  assert.match(message, /^unknown program 'dream'; there are imageFeatures, textEmbedding, /);
});

test('with --json a failure is a document, too', async () => {
  assert.equal(await mmgemJson(['inspect', 'nano', '--size', 'B'], 1), {
    error: "option '--size <name=number>' argument 'B' is invalid. Give NAME=NUMBER, such as B=4.",
  });
  const { error } = await mmgemJson<{ error: string }>(['embed', '-m', 'nowhere'], 1);
  assert.is(error, 'nothing to embed; name images, or give --text "…"');
});

test('a stack is printed with --debug alone', async () => {
  const plain = await mmgem(['embed', '-m', 'nowhere']);
  const debug = await mmgem(['embed', '-m', 'nowhere', '--debug']);
  assert.not.match(plain.stderr, '    at ');
  assert.match(debug.stderr, '    at ');
  assert.match(debug.stderr, 'embed.ts:');
});

interface DoctorReport {
  readonly host: { readonly node: string; readonly parallelism: number };
  readonly backends: readonly {
    readonly backend: string;
    readonly usable: boolean;
    readonly reason?: string;
    readonly remedy?: string;
    readonly details?: Readonly<Record<string, unknown>>;
  }[];
}

test('doctor tells of every backend', async () => {
  const { host, backends } = await mmgemJson<DoctorReport>(['doctor', '--threads', '1']);
  assert.is(host.node, process.versions.node);
  assert.equal(backends.map(({ backend }) => backend).sort(), ['dawn', 'wasm']);
  const wasm = backends.find(({ backend }) => backend === 'wasm')!;
  assert.ok(wasm.usable, wasm.reason);
  assert.is(wasm.details?.threads, 1);
  for (const { usable, reason, remedy, details } of backends) {
    assert.ok(usable ? details : reason && remedy);
  }
});

test('doctor says what a missing driver needs, and fails only when nothing runs', async () => {
  const env = { VK_DRIVER_FILES: '/no/driver.json' };
  const all = await mmgem(['doctor'], { env });
  if (process.platform !== 'linux') return;
  assert.is(all.code, 0);
  assert.match(all.stdout, /^✗ dawn +not usable$/m);
  assert.match(all.stdout, '/no/driver.json (which does not exist)');
  assert.match(all.stdout, 'mesa-vulkan-drivers');
  const alone = await mmgem(['doctor', '--backend', 'dawn'], { env });
  assert.is(alone.code, 1);
  assert.match(alone.stdout, 'No backend runs here');
});

test('init makes the same model from the same seed, and overwrites nothing', async () => {
  const cwd = await temporaryFolder();
  const made = await mmgemJson<{ parameters: number; tokenizer: string }>(
    ['init', '--config', 'nano', '--seed', '3', '--dtype', 'F16', '--out', 'one'],
    0,
    { cwd },
  );
  assert.ok(made.parameters > 5e6 && made.parameters < 6e6);
  assert.match(made.tokenizer, 'english-4k.json');
  const files = ['config.json', 'model.safetensors', 'preprocessor_config.json', 'tokenizer.json'];
  assert.equal((await readdir(join(cwd, 'one'))).sort(), files);
  await mmgemJson(['convert', 'one', '--dtype', 'F32', '--out', 'two'], 0, { cwd });
  const { bytes } = await mmgemJson<{ bytes: number }>(['convert', 'two', '--dtype', 'F16', '--out', 'three'], 0, {
    cwd,
  });
  assert.ok(bytes < 2.1 * made.parameters);
  const weights = (folder: string) => readFile(join(cwd, folder, 'model.safetensors'));
  assert.ok((await weights('one')).equals(await weights('three')), 'F16 survives F32');
  const again = await messageOf(['init', '--config', 'nano', '--out', 'one'], { cwd });
  assert.is(again, 'one: is there already and not empty. Name another folder, or remove it first.');
});

test.run();
