/** Draws a scene, makes a model, runs the whole path on every usable backend and prints what came out. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MmgemError } from '../../../dsl/errors.ts';
import { initModel } from '../../../model/files/init.ts';
import { parameterCount } from '../../../model/parameters.ts';
import type { RgbImage } from '../../../model/preprocess/image.ts';
import { scene } from '../../../model/scenes/scene.ts';
import { nodeBackends } from '../backends.ts';
import { overlayHeat } from '../cli/heat-map.ts';
import { packagedTokenizer } from '../cli/package-files.ts';
import { createProgress, type Progress } from '../cli/progress.ts';
import { outputDirectory, writeAtomically } from '../files.ts';
import { encodePng } from '../images.ts';
import { compare } from './agreement.ts';
import { type PathResult, runPath } from './path.ts';
import { agreementText, resultText, sceneText, timesText } from './report.ts';

const seed = 1;
const config = 'nano';
/** Pixels. */
const sceneSide = 320;
const threeObjects = [0, 0, 1, 0] as const;
/** Enough to see that words come out; an untrained model rarely ends by itself. */
const captionLength = 8;
/** Backends whose numbers differ by more than this do not agree: a hundred times what float32 allows. */
const mostDifference = 2e-3;

/** @returns the exit code: 1 when no backend runs, one fails, or they do not agree */
export async function start(): Promise<number> {
  const print = (text: string): void => console.log(text);
  const folder = await mkdtemp(join(tmpdir(), 'mmgem-'));
  const model = join(folder, config);
  try {
    const made = await initModel({ config, seed, out: outputDirectory(model), tokenizer: packagedTokenizer(config) });
    print(`MM-GEM: ${config}, ${(parameterCount(made) / 1e6).toFixed(1)} M parameters, random from seed ${seed}.`);
    print('It has not been trained: the numbers show that everything runs and agrees; the captions are random words.');

    const example = scene(seed, { side: sceneSide, counts: threeObjects });
    const sceneFile = join(folder, 'scene.png');
    await savePng(sceneFile, example.image);
    print(sceneText(example, sceneFile));

    const phrases = [...example.regions.map(({ text }) => text), 'a dog on a beach'];
    const { results, failed } = await runBackends(
      (backend, progress) => runPath({ backend, model, scene: example, phrases, captionLength, progress }),
      async (result) => {
        const heatFile = join(folder, `heat-${result.backend}.png`);
        await savePng(heatFile, overlayHeat(example.image, result.heat));
        print(resultText(result, phrases, heatFile));
      },
    );
    if (results.length === 0) return 1;
    if (results.length > 1) print(agreementText(results));
    print(timesText(results));
    print(`\nPictures are in ${folder}`);
    const agree = results.every((result) => compare(result, results[0]!).difference <= mostDifference);
    if (!agree)
      console.error(`mmgem: the backends differ by more than ${mostDifference}; run npx mmgem verify test/golden`);
    return failed || !agree ? 1 : 0;
  } finally {
    await rm(model, { recursive: true, force: true });
  }
}

/** Runs the path on one backend after the other; those that cannot run here are told. */
async function runBackends(
  runOn: (backend: string, progress: Progress) => Promise<PathResult>,
  onResult: (result: PathResult) => Promise<void>,
): Promise<{ results: PathResult[]; failed: boolean }> {
  const results: PathResult[] = [];
  let failed = false;
  const progress = createProgress();
  for (const { name, probe } of [...nodeBackends].reverse()) {
    const probed = await probe();
    if (!probed.usable) {
      console.log(`\n${name}: not usable here. ${probed.reason}. ${probed.remedy}.`);
      continue;
    }
    try {
      const result = await runOn(name, progress);
      progress.stop();
      results.push(result);
      await onResult(result);
    } catch (error) {
      progress.stop();
      if (!(error instanceof MmgemError)) throw error;
      console.error(`mmgem: ${name}: ${error.message}`);
      failed = true;
    }
  }
  if (results.length === 0) console.error('mmgem: no backend ran; npx mmgem doctor tells what each of them needs');
  return { results, failed };
}

async function savePng(path: string, image: RgbImage): Promise<void> {
  const png = await encodePng(image);
  await writeAtomically(path, (writer) => writer.write(png), png.length);
}
