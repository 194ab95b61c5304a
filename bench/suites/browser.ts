/** A model in pages of browsers, beside the same in Node: what a visitor waits for. */
import { captionTokens } from '../browser/tasks.ts';
import type { ModelCase, Suite } from './suite.ts';

const cases: readonly Omit<ModelCase, 'kind' | 'when'>[] = [
  { task: 'load', name: 'open and load from what is kept, to the first embedding' },
  { task: 'image', name: 'embed an image', per: { count: 1, unit: 'images' } },
  { task: 'text', name: 'embed a text', per: { count: 1, unit: 'texts' } },
  { task: 'caption', name: `caption, ${captionTokens} tokens`, per: { count: captionTokens, unit: 'tokens' } },
];

export const browserSuite: Suite = {
  name: 'browser',
  about:
    'A model directory in pages of browsers and in Node, by the same calls of open and load; timed inside the page, with embeddings and captions compared first',
  cases: cases.map((one): ModelCase => ({ ...one, kind: 'model', when: 'both' })),
};
