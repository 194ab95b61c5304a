/** Lets the page open without its server from the next visit on. */

/**
 * Registers the service worker beside the page, which says nothing about it: where browsers have none (on pages that are not from https
 * or localhost) or forbid it, the page works as long as its server does.
 */
export async function keepPage(): Promise<void> {
  try {
    await navigator.serviceWorker?.register('service-worker.js', { updateViaCache: 'none' });
  } catch {
    // Forbidden here, or not downloaded: it is asked for again on the next visit.
  }
}
