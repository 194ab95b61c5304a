/** model/RESULTS.md: what was compared, the tables, the curves, and the commands that give them. */
import { type Arm, type Budget, type Figures, objectives, titleOf } from './runs.ts';
import { armTable, figureTable, type Measure } from './table.ts';

export const stageTitles = {
  scenes: 'stage 1',
  prompts: 'stage 1 + stage 2, captions',
  'paper-retrieval': '+ stage 2, retrieval',
  whole: '*stage 1 on regions*',
  'region-captions': '+ stage 2, captions',
  'region-retrieval': '+ stage 2, retrieval',
} as const;

const retrieval: readonly Measure[] = [
  { title: 'text → image R@1', suite: 'retrieval', name: 'text to image R@1', form: 'share' },
  { title: 'text → image R@5', suite: 'retrieval', name: 'text to image R@5', form: 'share' },
  { title: 'image → text R@1', suite: 'retrieval', name: 'image to text R@1', form: 'share' },
  { title: 'image → text R@5', suite: 'retrieval', name: 'image to text R@5', form: 'share' },
];
const captions: readonly Measure[] = [
  { title: 'captions right in every claim', suite: 'captions', name: 'right in every claim', form: 'share' },
  { title: 'claims that are true', suite: 'captions', name: 'claims that are true', form: 'share' },
  { title: 'CIDEr-D', suite: 'captions', name: 'CIDEr-D', form: 'score' },
];
const amongHundred: readonly Measure[] = [
  {
    title: 'text → image R@1 among 100 told apart by their captions',
    suite: 'retrieval',
    name: 'text to image R@1 among 100',
    form: 'share',
  },
  {
    title: 'the same, one short caption each',
    suite: 'long',
    name: 'text to image R@1 among 100, short',
    form: 'share',
  },
  { title: 'the same, the long caption', suite: 'long', name: 'text to image R@1 among 100, long', form: 'share' },
];
const regions: readonly Measure[] = [
  { title: 'text → region of its image', suite: 'regions', name: 'text to region', form: 'share' },
  { title: 'region → text of its image', suite: 'regions', name: 'region to text', form: 'share' },
  { title: 'pointing', suite: 'pointing', name: 'pointing accuracy', form: 'share' },
  {
    title: 'region captions right in every claim',
    suite: 'region-captions',
    name: 'right in every claim',
    form: 'share',
  },
];

export function resultsPage(
  { steps, seeds, items }: Budget,
  arms: readonly Arm[],
  stages: readonly (readonly [string, Figures])[],
): string {
  const columns = objectives.map((objective) => [titleOf[objective], objective] as const);
  return `# The paper's claims, at the scale of two cores

Written by \`node dist/bench/claims.js\`, which trains what is not there yet:

\`\`\`sh
npm ci && npm run build
for run in singles scenes prompts paper-retrieval objects regions captions points whole region-captions region-retrieval; do
  npx mmgem train model/nano/training/$run.json
done
node dist/bench/claims.js --steps ${steps} --seeds ${seeds.join()} --items ${items}
\`\`\`

## One model for both, at equal budgets

A model of half of nano's width from random weights, stage 1, ${steps} steps of 64 scenes of one object
(\`model/train/configs/claims.json\`), with the contrastive loss alone, the caption loss alone, and both. Measured on ${items} scenes that no training sees, with all of them as
candidates; mean ± standard deviation over ${seeds.length} seeds. What an objective does not train is left to chance, as in the paper.

${armTable(arms, columns, [...retrieval, ...captions])}

![text to image R@1 over the steps](results/retrieval.svg)
![true claims over the steps](results/captions.svg)

## Stage 2 on top of stage 1

The runs of \`model/nano\`, measured on scenes of one to three objects that no training sees. First the paper's stages: what they freeze
stays as it was, so that the figures of whole images do not move, and h4 finds regions by texts. Then the same behind stage 1 on regions, which the
paper does not have: there the regions are learnt before, and stage 2 has little to add. The budgets are not equal: it
learns of more pairs, which [the model card](nano/README.md) counts.

${figureTable(stages, [...retrieval, ...amongHundred, ...captions, ...regions])}
`;
}
