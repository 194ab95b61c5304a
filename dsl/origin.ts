/** Where in the user's code a tensor was made, told by the stack. */

const here = import.meta.url.slice(0, import.meta.url.lastIndexOf('/') + 1);

export interface Origin {
  /** The function of this folder that the user called: `layerNorm`. */
  readonly label: string | undefined;
  /** The first line outside this folder: `vit.ts:41`. */
  readonly line: string | undefined;
}

/** Both are undefined where the host keeps no stack, or where everything is bundled into one file. */
export function callerOrigin(): Origin {
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  let label: string | undefined;
  for (const frame of frames) {
    if (frame.includes(here) || frame.includes(here.replace(/^file:\/\//, ''))) {
      label = /at (?:\w+\.)*([A-Za-z]\w*) /.exec(frame)?.[1] ?? label;
      continue;
    }
    const place = /([^/\\(\s]+):(\d+):\d+\)?$/.exec(frame);
    if (place) return { label, line: `${place[1]}:${place[2]}` };
  }
  return { label, line: undefined };
}
