// Public weights, imported as they are. They lie in ../shared beside the repository and are not part of it.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCheckpoint } from '../../model/files/checkpoint.ts';
import { importModel } from '../../model/files/import.ts';
import { openModelDirectory } from '../../model/files/model-directory.ts';
import { resizePositions } from '../../model/files/positions.ts';
import { openVisionWeights } from '../../model/files/vision-weights.ts';
import { directoryStore, outputDirectory } from '../../targets/node/files.ts';

const test = suite('real weights');
const weights = fileURLToPath(new URL('../../../../shared/weights', import.meta.url));
const vision = directoryStore(join(weights, 'vit_tiny_patch16_224'));
const language = directoryStore(join(weights, 'stories260K'));

function real(name: string, action: (dir: string) => Promise<void>): void {
  test(name, async () => {
    const absent = [vision, language].find((store) => !existsSync(store.name));
    if (absent !== undefined) {
      console.warn(`SKIPPED real-weights.test "${name}": ../shared/weights is not there (${absent.name})`);
      return;
    }
    const dir = mkdtempSync(join(tmpdir(), 'mmgem-import-'));
    await action(dir).finally(() => rmSync(dir, { recursive: true }));
  });
}

real('timm ViT-Ti/16 and stories260K become a model', async (dir) => {
  const out = join(dir, 'model');
  const { config, leftOut } = await importModel({ vision, language, out: outputDirectory(out) });
  const { image_size, width, layers, heads, form, pre_norm, patch_bias, layer_norm_eps } = config.vision;
  assert.equal([image_size, width, layers, heads], [224, 192, 12, 3]);
  assert.equal([form, pre_norm, patch_bias, layer_norm_eps], ['timm', false, true, 1e-6]);
  assert.equal(leftOut.filter((name) => !name.startsWith('lm_head')).sort(), ['head.bias', 'head.weight']);
  assert.equal([config.language.vocab_size, config.language.kv_heads, config.tokens.emb], [514, 4, 512]);
  assert.ok(config.language.tie_word_embeddings);
  const model = await openModelDirectory(directoryStore(out));
  const original = await openCheckpoint(vision);
  const pairs = [
    ['visual.transformer.resblocks.7.attn.in_proj_weight', 'blocks.7.attn.qkv.weight'],
    ['visual.positional_embedding', 'pos_embed'],
    ['visual.conv1.bias', 'patch_embed.proj.bias'],
    ['visual.ln_post.weight', 'norm.weight'],
  ] as const;
  for (const [ours, theirs] of pairs) assert.equal(await model.checkpoint.read(ours), await original.read(theirs));
  await model.checkpoint.close();
  await original.close();
});

real("ViT-Ti's classifier is there, its positions resize to nano's image", async () => {
  const checkpoint = await openCheckpoint(vision);
  const { head, tensors, preprocessor } = await openVisionWeights(checkpoint, vision, { imageSize: 160 });
  const { weight, bias } = await head!();
  assert.equal([weight.length, bias.length], [1000 * 192, 1000]);
  assert.equal([preprocessor.size.shortest_edge, preprocessor.crop_size.width], [177, 160]);
  const positions = tensors.find(({ name }) => name === 'visual.positional_embedding')!;
  assert.equal(positions.shape, [101, 192]);
  assert.equal(await positions.read(), resizePositions(await checkpoint.read('pos_embed'), 14, 10, 192));
  await checkpoint.close();
});

test.run();
