import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { HeatMap } from '../../model/heat-map.ts';
import type { Box } from '../../model/preprocess/geometry.ts';
import type { Demo } from '../../targets/node/demo/demo.ts';
import { findingsOf } from '../../targets/node/demo/findings.ts';
import { demoJson } from '../../targets/node/demo/json.ts';
import type { Look } from '../../targets/node/demo/look.ts';
import { demoPage } from '../../targets/node/demo/page/page.ts';
import { drawPictures, type Picture } from '../../targets/node/demo/pictures.ts';
import { phrasesFor, queriesFor } from '../../targets/node/demo/questions.ts';
import { demoText } from '../../targets/node/demo/summary.ts';

const test = suite('demonstration');

const drawn = drawPictures(6, 1);
const photo: Picture = {
  key: 'a <b>.jpg',
  image: { width: 60, height: 40, data: new Uint8Array(60 * 40 * 3).fill(90) },
  captions: [],
};
const [wrongCaption, strangeCaption] = [drawn.strange, 'a & b'];

/** Hot in the middle of a box, and nowhere else. */
function heatAt([x1, y1, x2, y2]: Box): HeatMap {
  const [column, row] = [x1 + x2, y1 + y2].map((sum) => Math.floor((sum / 2) * 32)) as [number, number];
  const values = new Float32Array(32 * 32);
  values[row * 32 + column] = 1;
  return { width: 32, height: 32, values, region: [0, 0, 1, 1] };
}

/** As of a model that errs once in each kind of answer. */
function lookAt(pictures: readonly Picture[], asked: readonly string[] = []): { look: Look; demo: Demo } {
  const own = pictures.slice(drawn.pictures.length);
  const captions = pictures.map(({ captions: [caption] }, i) => (i === 1 ? wrongCaption : (caption ?? strangeCaption)));
  const regionCaptions = pictures.map(({ regions = [] }, i) =>
    regions.map(({ text }, j) => (i === 0 && j === 0 ? wrongCaption : text)),
  );
  const queries = queriesFor(drawn, own, asked, captions);
  const cosines = queries.map(({ text }, q) =>
    pictures.map(({ judge }, i) => (judge?.(text).right && q !== 0 ? 0.9 : i / 100)),
  );
  const phrases = phrasesFor(drawn, own, asked, captions, () => 2);
  const heat = pictures.map(({ regions = [] }, i) =>
    phrases[i]!.map((_, j) => heatAt(i === 2 ? [0, 0, 0.01, 0.01] : (regions[j]?.box ?? [0.2, 0.2, 0.4, 0.4]))),
  );
  const look: Look = {
    captions,
    regionCaptions,
    queries: queries.map(({ text }) => text),
    cosines,
    phrases,
    heat,
    numbers: [],
    texts: [],
  };
  const agreement = { difference: 3e-6, sameTexts: 17, texts: 18 };
  const demo: Demo = {
    model: { name: 'nano', directory: 'model/nano', parameters: 5.4e6, isPackaged: true, isRandom: false },
    backend: { name: 'dawn', description: 'a <GPU>' },
    seed: 1,
    findings: findingsOf(pictures, queries, look),
    timings: [
      { step: 'captions', milliseconds: 1500 },
      { step: 'heat maps', milliseconds: 700 },
    ],
    comparisons: [
      { backend: 'wasm', agreement, agrees: true, milliseconds: 2000 },
      { backend: 'other', skipped: 'slow' },
    ],
  };
  return { look, demo };
}

test('draws the same scenes again, and a text that is true of none', () => {
  const again = drawPictures(6, 1);
  assert.equal(
    again.pictures.map(({ captions }) => captions),
    drawn.pictures.map(({ captions }) => captions),
  );
  assert.not.equal(drawPictures(6, 2).pictures[0]!.captions, drawn.pictures[0]!.captions);
  for (const { captions, regions, judge } of drawn.pictures) {
    assert.ok(regions!.length > 0);
    assert.ok(judge!(captions[0]!).right);
    assert.not.ok(judge!(drawn.strange).right);
    assert.ok(judge!(drawn.strange).claims > 0, 'a text of the scenes');
  }
});

test('each query has its kind, and pictures of several objects are looked for first', () => {
  const captions = [...drawn.pictures.map(() => ''), 'said of it'];
  const queries = queriesFor(drawn, [photo], [], captions);
  assert.equal(
    queries.map(({ origin }) => origin),
    ['drawn', 'drawn', 'drawn', 'strange', 'said'],
  );
  for (const { text } of queries.slice(0, 3)) {
    const { regions } = drawn.pictures.find((picture) => picture.captions[0] === text)!;
    assert.ok(regions!.length >= 2);
  }
  const asked = queriesFor(drawn, [photo], ['a dog', 'a dog'], captions);
  assert.equal(asked.slice(4), [{ text: 'a dog', origin: 'asked' }], 'asked once, and instead of what was said');
  const nothing = queriesFor(drawn, [photo], [], captions.map(() => '')); // biome-ignore format: one call
  assert.is(nothing.length, 4, 'a caption without words is no query');
});

test('phrases are those of the regions, of the user, or what was said of the image', () => {
  const captions = [...drawn.pictures.map(() => ''), 'said of it'];
  const phrases = (own: readonly Picture[], asked: readonly string[]): string[][] =>
    phrasesFor(drawn, own, asked, captions, () => 4);
  const regions = drawn.pictures.map((picture) => picture.regions!.map(({ text }) => text));
  assert.equal(phrases([photo], []), [...regions, ['said of it']]);
  assert.equal(phrases([photo], ['a dog']), [...regions, ['a dog']]);
  assert.equal(phrases([], ['a dog'])[4], [...regions[4]!, 'a dog'], 'where it ranks first');
});

test('what is wrong is found to be, and nothing else', () => {
  const { scores, rankings, seen } = lookAt(drawn.pictures).demo.findings;
  const regions = drawn.pictures.flatMap((picture) => picture.regions!).length;
  assert.equal(scores.captions, { right: 5, of: 6 });
  assert.equal(scores.regions, { right: regions - 1, of: regions });
  assert.equal(scores.located, { right: regions - drawn.pictures[2]!.regions!.length, of: regions });
  assert.ok(scores.claims.right < scores.claims.of);
  assert.equal(
    rankings.map(({ right }) => right),
    [false, true, true, undefined],
    'nobody can be right about a text that is true of none',
  );
  for (const { places } of rankings) {
    const cosines = places.map(({ cosine }) => cosine);
    assert.equal(
      cosines,
      [...cosines].sort((a, b) => b - a),
    );
  }
  assert.is(seen[1]!.caption.truth, drawn.pictures[1]!.captions[0]);
});

test('of images of the user nothing is known', () => {
  const { findings } = lookAt([...drawn.pictures, photo]).demo;
  const own = findings.seen.at(-1)!;
  assert.is(own.caption.verdict, undefined);
  assert.is(own.located[0]!.right, undefined);
  assert.equal(findings.scores.captions, { right: 5, of: 6 });
  assert.is(findings.rankings[0]!.places[0]!.holds, undefined);
  assert.is(findings.rankings[0]!.right, undefined, 'the image that came first may be right');
  assert.is(lookAt(drawn.pictures, ['a dog']).demo.findings.rankings[4]!.right, undefined, 'not of the language');
});

test('the terminal tells what was right, the times, and how other backends compare', () => {
  const text = demoText(lookAt([...drawn.pictures, photo]).demo, '/tmp/page.html');
  for (const said of [
    'MM-GEM: nano, 5.4 M parameters, on dawn: a <GPU>',
    'of photographs that means nothing',
    `✗ ${wrongCaption} (not true: `,
    `· ${strangeCaption}`,
    'true of none of them; closest is',
    'captions right                5 of 6',
    '2.2 s in all: captions 1.5 s, heat maps 700 ms',
    'wasm agrees: numbers differ by 3.0e-6 at most, 17 of 18 captions are the same, 2.0 s',
    'not compared: other',
    '/tmp/page.html',
  ]) {
    assert.ok(text.replaceAll(/\s+/g, ' ').includes(said.replaceAll(/\s+/g, ' ')), `${said} is not there:\n${text}`);
  }
  assert.not.match(demoText(lookAt(drawn.pictures).demo, 'x'), 'photographs');
});

test('the page shows it all, and needs nothing from outside', async () => {
  const html = await demoPage(lookAt([...drawn.pictures, photo]).demo);
  for (const said of [
    '<h1>MM-GEM nano at work</h1>',
    'and 1 of yours',
    '<h2>Your images</h2>',
    'of photographs that means nothing',
    'a &lt;b&gt;.jpg',
    'a &amp; b',
    'dawn: a &lt;GPU&gt;',
    'numbers differ by 3.0e-6',
    `drawn was: ${drawn.pictures[1]!.captions[0]!}`,
    '2.2 s',
    'true of none of them',
    'prefers-color-scheme: dark',
    'name="viewport"',
  ]) {
    assert.ok(html.includes(said), `${said} is not there`);
  }
  const count = (part: RegExp): number => [...html.matchAll(part)].length;
  const regions = drawn.pictures.flatMap((picture) => picture.regions!).length;
  assert.is(count(/<span class="box /g), regions);
  assert.is(count(/<span class="about"/g), regions);
  assert.is(count(/<span class="hottest"/g), regions + 1);
  assert.is(count(/<img /g), 7 + regions + 1);
  const references = [...html.matchAll(/(?:src|href|url|@import)\s*[=(]\s*["']?([^"')]*)/g)].map(([, to]) => to!);
  for (const to of references) assert.match(to, /^data:image\/webp;base64,[A-Za-z0-9+/=]+$/);
  assert.not.match(html.replaceAll(/data:[^"')]*/g, ''), /https?:|NaN|undefined|<script/);
  assert.ok(html.length < 1e6, `${html.length} bytes`);
  const alone = await demoPage(lookAt(drawn.pictures).demo);
  assert.not.match(alone, 'Your images');
});

test('as data it is the same, without pixels', () => {
  const { demo } = lookAt([...drawn.pictures, photo]);
  const json = JSON.stringify(demoJson(demo, 'page.html'));
  assert.ok(json.length < 50_000, `${json.length} bytes`);
  const { pictures, rankings, page } = JSON.parse(json);
  assert.is(page, 'page.html');
  assert.equal([pictures[0].right, pictures[1].right, pictures[6].right], [true, false, null]);
  assert.ok(pictures[1].wrong.length > 0);
  assert.is(pictures[6].drawn, null);
  assert.equal(rankings[1].places[0].holds, true);
});

test.run();
