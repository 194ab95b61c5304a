// A contrastive batch of 4,096 in chunks of 64 on wasm: the step of the whole batch, in the memory of a chunk.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { graphEngine } from '../../model/load.ts';
import { paperOptimizer } from '../../model/train/graph/optimizer.ts';
import { openTrainer } from '../../model/train/trainer.ts';
import { open } from '../../targets/node/index.ts';
import { microBatch, microConfig, microParameters } from './micro-model.ts';
import { assertClose, assertParametersClose } from './small-run.ts';

const test = suite('large contrastive batches');

const [whole, chunk] = [4096, 64];
/** As long as those of `nano`, so that embeddings weigh as much as they do. */
const config = { ...microConfig, embedding_size: 256 };
const batch = microBatch(config, whole, 3);

/** A step on so many pairs: what it lost, the parameters and moments after it, and the bytes that its plan says. */
async function stepOn(rows: number, chunkSize?: number) {
  const engine = await open('wasm', { threads: 2 });
  const parameters = microParameters(config, 1);
  const trainer = await openTrainer({
    engine: graphEngine(engine),
    name: 'large batch',
    config,
    weights: { read: async (name) => parameters[name]!, close: async () => undefined },
    stage: 'stage1',
    optimizer: paperOptimizer,
    rates: { base: 1e-3, projection: 1e-3 },
    batchSize: rows,
    ...(chunkSize !== undefined && { chunk: chunkSize }),
    description: 'wasm',
  });
  try {
    const taken = rows === whole ? batch : microBatch(config, rows, 3);
    const result = await trainer.step(taken, { step: 1, rateFactor: 1 });
    const tensors = new Map<string, Float32Array>();
    for (const { name, read } of trainer.tensors()) tensors.set(name, await read());
    return { ...result, tensors, peak: trainer.plan(taken).peak };
  } finally {
    await trainer.close();
    await engine.close();
  }
}

test('losses and gradients of 4,096 pairs at once', async () => {
  const [plain, chunked] = [await stepOn(whole), await stepOn(whole, chunk)];
  for (const [name, loss] of Object.entries(plain.losses)) assertClose(chunked.losses[name]!, loss!, 1e-5, name);
  assertClose(chunked.gradientNorm, plain.gradientNorm, 1e-4, 'gradient norm');
  for (const [name, norm] of Object.entries(plain.gradientNorms!))
    assertClose(chunked.gradientNorms![name]!, norm, 2e-3, `the gradient of ${name}`);
  // Moments are the gradients themselves after one step, whereas a parameter moves by their sign.
  const moments = (tensors: ReadonlyMap<string, Float32Array>) =>
    new Map([...tensors].filter(([name]) => name.startsWith('optimizer.m/')));
  assertParametersClose(moments(chunked.tensors), moments(plain.tensors), 5e-3);
});

test('the memory of 64, and of the embeddings and their gradients', async () => {
  const [large, small] = [await stepOn(whole, chunk), await stepOn(chunk, chunk)];
  const embeddings = 4 * (whole - chunk) * config.embedding_size * Float32Array.BYTES_PER_ELEMENT;
  const beyond = large.peak - embeddings - small.peak;
  // Normalised embeddings and their gradients come once more while the losses are taken; all pairs would be 4 times as much.
  assert.ok(beyond < 1.1 * embeddings, `${beyond} bytes beyond those of 64 rows and ${embeddings} of embeddings`);
  console.log(
    `peak of ${whole} in chunks of ${chunk}: ${large.peak}; of ${chunk}: ${small.peak}; embeddings: ${embeddings}`,
  );
});

test.run();
