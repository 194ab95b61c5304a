// Runs in Deno: reads a model from a server twice, keeping it by the host's Cache Storage, and prints what came over the network.
import { cacheStorage } from '../../targets/web/files/cache-storage.ts';
import { httpStore } from '../../targets/web/files/http-store.ts';

const [url] = (globalThis as unknown as { readonly Deno: { readonly args: readonly string[] } }).Deno.args;

const cache = cacheStorage();
let downloaded = 0;
const store = httpStore(url!, {
  cache,
  onProgress: (progress) => {
    downloaded = progress.downloaded;
  },
  onWarning: (message) => console.log(`warning: ${message}`),
});
let bytes = 0;
for (const name of await store.list()) {
  const source = await store.open(name);
  bytes += (await source.read(0, source.size)).length;
  await source.close?.();
}
const versions = await cache.versions(`${url}model.safetensors`);
console.log(JSON.stringify({ bytes, downloaded, versions: versions.length }));
