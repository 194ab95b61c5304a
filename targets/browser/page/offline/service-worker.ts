/**
 * The page's service worker: keeps the files of the page itself, so that it opens without its server. While the server answers, files
 * come from there, so that a new build is seen at once. The model passes by: targets/web/files/ keeps it.
 */
import type { PageFiles } from './page-files.ts';

/** Put in by the build. */
declare const mmgemPageFiles: PageFiles;

interface LifeEvent {
  waitUntil(work: Promise<unknown>): void;
}

interface FetchEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

/** What is used here of `ServiceWorkerGlobalScope`. */
interface ServiceWorkerScope {
  readonly registration: { readonly scope: string };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: LifeEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
}

const worker = globalThis as unknown as ServiceWorkerScope;
const { version, files } = mmgemPageFiles;
/** The folder of the page; one origin may have several, each with caches of its own. */
const folder = worker.registration.scope;
const prefix = `mmgem-page ${folder} `;
const cacheName = prefix + version;

worker.addEventListener('install', (event) => event.waitUntil(keepFiles()));
worker.addEventListener('activate', (event) => event.waitUntil(removeOld()));
worker.addEventListener('fetch', (event) => {
  const path = pathOf(event.request);
  if (path !== undefined) event.respondWith(answer(event.request, path));
});

/** All files of this build or none: while the server has others, or room is lacking, the worker of before stays. */
async function keepFiles(): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.addAll(
    Object.entries(files).map(([path, integrity]) => new Request(addressOf(path), { cache: 'no-cache', integrity })),
  );
  await worker.skipWaiting();
}

/**
 * Pages that are open already are not claimed: in Firefox no page opens for a minute after an isolated one is claimed, perhaps since it
 * waits for an answer from threads that wait for work.
 */
async function removeOld(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== cacheName);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** The server's answer; what is kept where there is none, with the headers that it came with: they isolate the page. */
async function answer(request: Request, path: string): Promise<Response> {
  const fromServer = await fetch(request).catch((error: unknown) => error);
  if (fromServer instanceof Response && fromServer.status < 500) return fromServer;
  const kept = await (await caches.open(cacheName)).match(addressOf(path), { ignoreVary: true });
  if (kept !== undefined) return kept;
  if (fromServer instanceof Response) return fromServer;
  throw fromServer;
}

/** Which of the page's files a request is for, whatever the query; undefined for everything else. */
function pathOf({ method, url }: Request): string | undefined {
  const address = url.replace(/[?#].*$/, '');
  if (method !== 'GET' || !address.startsWith(folder)) return undefined;
  const path = address.slice(folder.length).replace(/^index\.html$/, '');
  return Object.hasOwn(files, path) ? path : undefined;
}

function addressOf(path: string): string {
  return new URL(path, folder).href;
}
