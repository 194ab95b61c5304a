/** Shows pictures to a model: what it says of them, which of them it finds by a text, and where in them a phrase. */
import { basename } from 'node:path';
import { parameterCount } from '../../../model/parameters.ts';
import { type ModelOptions, withHostedModel } from '../cli/model-options.ts';
import type { Session } from '../cli/session.ts';
import { nodeHost } from '../host.ts';
import { isPackagedModel } from '../package-files.ts';
import { type Comparison, compareBackends } from './comparison.ts';
import { type Findings, findingsOf } from './findings.ts';
import { look, preparation, Stopwatch, type Timing } from './look.ts';
import { modelToShow, type ShownModel } from './model-to-show.ts';
import { drawPictures, readPictures } from './pictures.ts';
import { queriesFor, questionsAbout } from './questions.ts';

export interface DemoOptions extends ModelOptions {
  /** Paths of the user's own images. */
  readonly images: readonly string[];
  /** Texts of the user's own. */
  readonly texts: readonly string[];
  /** Of the scenes that are drawn. */
  readonly seed: number;
  /** Compares with slow software drivers too. */
  readonly all: boolean;
}

export interface Demo {
  readonly model: {
    readonly name: string;
    readonly directory: string;
    readonly parameters: number;
    /** Whether it is the one that comes with the package, which knows drawn scenes alone. */
    readonly isPackaged: boolean;
    /** Whether its weights are random, as this copy of the package has none that were trained. */
    readonly isRandom: boolean;
  };
  readonly backend: { readonly name: string; readonly description: string };
  readonly seed: number;
  readonly findings: Findings;
  readonly timings: readonly Timing[];
  /** The same on every other backend. */
  readonly comparisons: readonly Comparison[];
}

const drawnCount = 6;

/** @throws MmgemError for an image that cannot be decoded, a text that is empty or too long, a model or a backend that cannot be opened */
export async function demonstrate(options: DemoOptions, session: Session): Promise<Demo> {
  const shown = await modelToShow(options);
  try {
    return await show(shown, { ...options, model: shown.directory }, session);
  } finally {
    await shown.remove();
  }
}

async function show({ directory, isRandom }: ShownModel, options: DemoOptions, session: Session): Promise<Demo> {
  const { seed } = options;
  const asked = [...new Set(options.texts)];
  const watch = new Stopwatch();
  const own = await readPictures(options.images);
  const drawn = drawPictures(drawnCount, seed);
  const pictures = [...drawn.pictures, ...own];
  watch.lap('pictures');
  const { parameters, info, seen } = await withHostedModel(
    nodeHost,
    session,
    options,
    { prepare: preparation },
    async (model, { info }) => {
      watch.lap('backend and model');
      await model.embedTexts(asked); // one that cannot be used is told before anything else is done
      const seen = await look(model, pictures, watch, questionsAbout(drawn, own, asked));
      return { parameters: parameterCount(model.config), info, seen };
    },
  );
  return {
    model: { name: basename(directory), directory, parameters, isPackaged: isPackagedModel(directory), isRandom },
    backend: { name: info.backend, description: info.description },
    seed,
    findings: findingsOf(pictures, queriesFor(drawn, own, asked, seen.captions), seen),
    timings: watch.timings,
    comparisons: await compareBackends({ ...info, look: seen }, pictures, options, session),
  };
}
