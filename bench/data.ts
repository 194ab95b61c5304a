/** How many images a second the data path gives: read from tar shards, decoded, cropped, normalised, put into batches. */
import { parseArgs } from 'node:util';
import { namedConfig } from '../model/configs.ts';
import { openBatches } from '../model/data/batches.ts';
import { clipSettings } from '../model/preprocess/settings.ts';
import { loadTokenizer } from '../model/tokenizer.ts';
import { packagedTokenizer } from '../targets/node/cli/package-files.ts';
import { openSource } from '../targets/node/data/sources.ts';
import { imageThreads } from '../targets/node/data/threads.ts';
import { imagesInline } from '../targets/node/data/tools.ts';

const { values: options } = parseArgs({
  options: {
    folder: { type: 'string', default: '../shared/data/flickr8k' },
    shards: { type: 'string', default: 'train-*.tar' },
    batch: { type: 'string', default: '64' },
    images: { type: 'string', default: '6000' },
    threads: { type: 'string', default: '1' },
  },
});
const [batchSize, images, threads] = [options.batch, options.images, options.threads].map(Number) as [
  number,
  number,
  number,
];

const config = namedConfig('nano');
const tokenizer = loadTokenizer(await packagedTokenizer('nano')!.readText('tokenizer.json'), 'tokenizer.json');
const source = await openSource({
  json: { format: 'webdataset', folder: options.folder, shards: options.shards },
  where: 'options',
});
const stream = openBatches({
  source,
  kind: 'pairs',
  batchSize,
  config,
  tokenizer,
  truncate: true,
  settings: clipSettings(config.vision.image_size),
  augmentation: {},
  seed: 1,
  prepare: threads === 0 ? await imagesInline() : imageThreads({ count: threads }),
});
await stream.next(); // starts threads and loads sharp
const [start, startCpu] = [performance.now(), process.cpuUsage()];
const steps = Math.ceil(images / batchSize);
for (let step = 0; step < steps; step++) await stream.next();
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(startCpu);
await stream.close();
const count = steps * batchSize;
console.log(
  `${threads} threads: ${(count / seconds).toFixed(0)} images/s at ${config.vision.image_size} px, ` +
    `${((user + system) / 1000 / count).toFixed(2)} ms of processor time an image`,
);
