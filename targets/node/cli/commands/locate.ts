/** `mmgem locate`: where in an image a text is. */
import { basename, extname } from 'node:path';
import type { Command } from 'commander';
import { MmgemError } from '../../../../dsl/errors.ts';
import { hottest } from '../../../../model/heat-map.ts';
import { writeAtomically } from '../../files.ts';
import { decodeImage, encodePng } from '../../images.ts';
import { overlayHeat } from '../heat-map.ts';
import { addModelOptions, type ModelOptions, withModel } from '../model-options.ts';
import type { Answer, Run, Session } from '../session.ts';

interface LocateOptions extends ModelOptions {
  readonly out?: string;
}

export function registerLocate(program: Command, run: Run): void {
  const command = program
    .command('locate')
    .argument('<image>', 'a JPEG, PNG or WebP file')
    .argument('<query>', 'what to look for')
    .description('draw where in an image a text is: a heat map over the image, as PNG')
    .option('-o, --out <file>', 'the PNG to write (default: IMAGE.heat.png in the current folder)');
  addModelOptions(command).action(run.action(locate));
}

async function locate(session: Session, image: string, query: string, options: LocateOptions): Promise<Answer> {
  const out = options.out ?? `${basename(image, extname(image))}.heat.png`;
  if (extname(out).toLowerCase() !== '.png')
    throw new MmgemError(`--out ${out}: the heat map is written as PNG; name a .png file`);
  const pixels = await decodeImage(image);
  const map = await withModel(session, options, ['locate'], (model) => model.locate(pixels, query));
  const png = await encodePng(overlayHeat(pixels, map));
  await writeAtomically(out, (writer) => writer.write(png), png.length);
  const { x, y, cosine } = hottest(map);
  const peak = { x: Math.round(x * pixels.width), y: Math.round(y * pixels.height), cosine };
  const least = map.values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const { width, height, region } = map;
  return {
    json: { image, query, out, hottest: peak, map: { width, height, region, values: [...map.values] } },
    text: [
      `“${query}” is most likely at x ${peak.x}, y ${peak.y} of ${pixels.width}×${pixels.height} pixels (cosine ${peak.cosine.toFixed(4)}, elsewhere down to ${least.toFixed(4)})`,
      `heat map written to ${out}`,
    ].join('\n'),
  };
}
