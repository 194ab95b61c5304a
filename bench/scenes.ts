/** Scenes: how many a second of processor time, and how many tokens their texts have. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scene } from '../model/scenes/scene.ts';
import { loadTokenizer } from '../model/tokenizer.ts';
import { formatTable } from '../targets/node/cli/table.ts';
import { packageRoot } from '../targets/node/package-files.ts';

const scenes = 2000;

/** Scenes a second of this process's time, after as many to warm up. */
function rate(make: (index: number) => unknown): string {
  for (let index = 0; index < scenes; index++) make(-index);
  const start = process.cpuUsage();
  for (let index = 0; index < scenes; index++) make(index);
  const { user, system } = process.cpuUsage(start);
  return ((1e6 * scenes) / (user + system)).toFixed(0);
}

const allTexts = (index: number, split: 'train' | 'eval'): unknown => {
  const { captions, longCaption, regions } = scene({ seed: 1, index }, { split });
  return [captions, longCaption, regions];
};
const rates = [
  ...[64, 96, 160].map((side) => [
    `pictures of ${side}×${side}`,
    rate((index) => scene({ seed: 1, index }, { side }).image),
  ]),
  ['all texts, training', rate((index) => allTexts(index, 'train'))],
  ['all texts, evaluation', rate((index) => allTexts(index, 'eval'))],
];
console.log(formatTable([['', 'scenes/s'], ...rates], ['left', 'right']));

const file = join(packageRoot(), 'model', 'tokenizers', 'english-4k.json');
const tokenizer = loadTokenizer(readFileSync(file, 'utf8'), file);
const lengths = new Map<string, number[]>();
for (let index = 0; index < scenes; index++) {
  const { objects, captions, longCaption, regions } = scene({ seed: 1, index });
  const add = (kind: string, text: string): void => {
    lengths.set(kind, [...(lengths.get(kind) ?? []), tokenizer.encode(text).length]);
  };
  for (const caption of captions) add(`caption, ${objects.length}`, caption);
  add(`long caption, ${objects.length}`, longCaption);
  for (const { text } of regions) add('region', text);
}
const rows = [...lengths].sort().map(([kind, found]) => {
  const ascending = found.sort((a, b) => a - b);
  const mean = found.reduce((sum, length) => sum + length, 0) / found.length;
  const at = (share: number): string => String(ascending[Math.floor(share * (ascending.length - 1))]);
  return [kind, `${found.length}`, mean.toFixed(1), at(0.5), at(0.95), at(1)];
});
const header = ['texts, objects named', 'texts', 'mean tokens', 'median', '95 %', 'most'];
console.log(`\n${formatTable([header, ...rows], ['left', 'right', 'right', 'right', 'right', 'right'])}`);
