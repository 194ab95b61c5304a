/** What `npm start` prints. */
import { basename } from 'node:path';
import type { Scene } from '../../../model/scenes/scene.ts';
import { formatDuration, formatTable, wrap } from '../cli/table.ts';
import { compare } from './agreement.ts';
import type { PathResult } from './path.ts';

const indent = '  ';
const lineWidth = 96;

const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => indent + line)
    .join('\n');

const heading = (text: string): string => `\n${text}\n${'─'.repeat(text.length)}`;

/** A paragraph behind a label, its lines below each other. */
function labelled(label: string, text: string): string {
  const width = 18;
  const lines = wrap(text, lineWidth - width);
  return lines.map((line, i) => (i === 0 ? label.padEnd(width) : ' '.repeat(width)) + line).join('\n');
}

export function sceneText({ image, regions, caption }: Scene, file: string): string {
  const rows = regions.map(({ text, box: [x1, y1, x2, y2] }) => {
    const corners = [x1 * image.width, y1 * image.height, x2 * image.width, y2 * image.height].map(Math.round);
    return [text, `x ${corners[0]}–${corners[2]}`, `y ${corners[1]}–${corners[3]}`];
  });
  return [heading('The scene'), labelled('in words', caption), formatTable(rows), `drawn to ${file}`].join('\n');
}

/** What the model makes of the scene, on one backend. */
export function resultText(result: PathResult, phrases: readonly string[], heatFile: string): string {
  const { backend, description, cosines, caption, regionCaption, heat, image } = result;
  const similarity = phrases.map((phrase, i) => [`“${phrase}”`, cosines[i]!.toFixed(4)]);
  const largest = heat.values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const least = heat.values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return [
    heading(backend),
    description,
    '',
    `image embedding   ${[...image.slice(0, 5)].map((value) => value.toFixed(4)).join(' ')} … (${image.length} numbers)`,
    'cosine of the image and a text',
    indented(formatTable(similarity, ['left', 'right'])),
    labelled('caption', caption),
    labelled('region caption', `of “${phrases[0]}”: ${regionCaption}`),
    labelled(
      'located',
      `“${phrases[0]}”: cosines from ${least.toFixed(3)} to ${largest.toFixed(3)}, see ${basename(heatFile)}`,
    ),
  ].join('\n');
}

/** Every backend against the first. */
export function agreementText([first, ...others]: readonly PathResult[]): string {
  if (!first || others.length === 0) return '';
  const rows = others.map((other) => {
    const { difference, sameTexts, texts } = compare(other, first);
    return [
      `${other.backend} and ${first.backend}`,
      `embeddings and heat map differ by ${difference.toExponential(1)} at most`,
      `${sameTexts} of ${texts} captions the same`,
    ];
  });
  return [heading('Agreement'), formatTable(rows)].join('\n');
}

export function timesText(results: readonly PathResult[]): string {
  const [first] = results;
  if (!first) return '';
  const rows = first.timings.map(({ step }, i) => [
    step,
    ...results.map(({ timings }) => formatDuration(timings[i]!.milliseconds)),
  ]);
  const header = ['', ...results.map(({ backend }) => backend)];
  return [heading('Times'), formatTable([header, ...rows], ['left', ...results.map(() => 'right' as const)])].join(
    '\n',
  );
}
