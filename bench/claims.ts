/**
 * The paper's claims at the scale of two cores: CLIP-only, Cap-only and joint at equal budgets, and stage 2 before and after.
 * Trains what is not there yet below runs/, and writes model/RESULTS.md and its curves.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { curvesSvg } from './claims/curves.ts';
import { resultsPage, stageTitles } from './claims/page.ts';
import { type Arm, type Budget, type Figures, measureRun, objectives, runArm, titleOf } from './claims/runs.ts';

const usage = `node dist/bench/claims.js [--steps N] [--seeds 1,2,3] [--items N] [--nano-items N]
  --steps       steps of each of the runs that are compared (400)
  --seeds       one run an objective and seed (1,2,3)
  --items       scenes that these runs are measured on (500)
  --nano-items  scenes that the stages of model/nano are measured on (1000)`;

const colours = { embedding: '#3b82c4', caption: '#c2742c', joint: '#3a9a5f' } as const;

/** The runs of model/nano/training that are measured: the paper's stages, and those with stage 1 on regions between them. */
const nanoRuns = Object.keys(stageTitles) as (keyof typeof stageTitles)[];

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '400' },
    seeds: { type: 'string', default: '1,2,3' },
    items: { type: 'string', default: '500' },
    'nano-items': { type: 'string', default: '1000' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) console.log(usage);
else await run();

async function run(): Promise<void> {
  const budget: Budget = {
    steps: Number(values.steps),
    seeds: values.seeds.split(',').map(Number),
    items: Number(values.items),
  };
  const arms: Arm[] = [];
  for (const seed of budget.seeds)
    for (const objective of objectives) arms.push(await runArm('runs/claims', objective, seed, budget));
  const stages: (readonly [string, Figures])[] = [];
  for (const name of nanoRuns) {
    const run = join('runs/nano', name);
    if (existsSync(run)) stages.push([stageTitles[name], await measureRun(run, Number(values['nano-items']))]);
    else console.log(`\n${run} is not there, and left out of the table: train it by model/nano/training/${name}.json`);
  }
  await mkdir('model/results', { recursive: true });
  const charts = [
    {
      file: 'retrieval.svg',
      title: 'text → image R@1 among 100 scenes never seen',
      measure: 'text to image R@1',
      without: 'caption',
    },
    {
      file: 'captions.svg',
      title: 'claims of captions that are true',
      measure: 'claims that are true',
      without: 'embedding',
    },
  ] as const;
  for (const { file, title, measure, without } of charts) {
    const sets = objectives
      .filter((objective) => objective !== without)
      .map((objective) => ({
        name: titleOf[objective],
        colour: colours[objective],
        lines: linesOf(arms, objective, measure),
      }));
    await writeFile(join('model/results', file), curvesSvg(title, 'steps', sets));
  }
  await writeFile('model/RESULTS.md', resultsPage(budget, arms, stages));
  console.log('\nwritten: model/RESULTS.md and model/results/*.svg');
}

function linesOf(arms: readonly Arm[], objective: string, measure: string): [number, number][][] {
  return arms
    .filter((arm) => arm.objective === objective)
    .map(({ curve }) =>
      curve.flatMap(({ step, figures }): [number, number][] => {
        const value = figures[measure];
        return value === undefined ? [] : [[step, value]];
      }),
    );
}
