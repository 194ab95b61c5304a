/** What plans take at their peak, over the largest total of buffers that are alive at one time: no plan can do better. */

import { type Graph, input, type Sizes, trace } from '../../dsl/index.ts';
import { compileGraph } from '../../kernels/compile.ts';
import { namedConfig } from '../../model/configs.ts';
import { modelGraph } from '../../model/graph/model.ts';
import { vit } from '../../model/graph/vit.ts';
import { llamaWorkload } from './llama.ts';
import type { Figure, FigureCase, OwnContext, Suite } from './suite.ts';
import { trainingPlan } from './training.ts';

/** Plans need no weights: a step is compiled and asked. */
async function planOf({ engine }: OwnContext, graph: Graph, sizes: Sizes): Promise<Figure> {
  const executable = await engine.compile(compileGraph(graph, engine.target));
  const { peak, lowerBound } = executable.plan(sizes);
  await executable.close();
  return { ratio: peak / lowerBound, value: peak, bound: lowerBound, unit: 'bytes' };
}

function vitGraph(name: string): Graph {
  const m = modelGraph(namedConfig(name));
  return trace('vit', { y: vit(m, input('images', [m.dims.B, ...m.dims.image])) });
}

type Row = readonly [name: string, figure: (context: OwnContext) => Promise<Figure>, when?: FigureCase['when']];

const visions = [
  ['nano', 'nano'],
  ['ViT-B/16', 'vit-b-16+tinyllama'],
  ['ViT-L/14', 'vit-l-14+tinyllama'],
] as const;

const rows: readonly Row[] = [
  ...visions.flatMap(([title, config]) =>
    [1, 8].map(
      (batch): Row => [
        `${title}, batch ${batch}`,
        (context) => planOf(context, vitGraph(config), { B: batch }),
        config === 'nano' ? 'both' : undefined,
      ],
    ),
  ),
  ...(['prefill', 'decode'] as const).flatMap((phase) =>
    (['nano', 'vit-b-16+tinyllama'] as const).map((name): Row => {
      const title = name === 'nano' ? 'nano' : 'TinyLlama';
      const figure = (context: OwnContext): Promise<Figure> => {
        const { graph, sizes } = llamaWorkload(namedConfig(name), phase, 'f32', false);
        return planOf(context, graph(), sizes);
      };
      return [`${title}, ${phase}`, figure, name === 'nano' ? 'both' : undefined];
    }),
  ),
  [
    'training, ViT-Ti/16 at 160 px, batch 16',
    (context) => trainingPlan(context, { config: 'mini', rows: 16, tokens: 16 }),
  ],
];

export const memorySuite: Suite = {
  name: 'memory',
  about:
    'Planned peak of inputs, temporaries and outputs over the lower bound; scratch memory of threads included on both sides',
  cases: rows.map(
    ([name, figure, when]): FigureCase => ({
      kind: 'figure',
      name,
      against: 'lower bound',
      ...(when && { when }),
      figure,
    }),
  ),
};
