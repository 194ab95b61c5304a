/** Where in the user's code a tensor was made, told by the stack. */

export interface Origin {
  /** The function of this folder that the user called: `layerNorm`. */
  readonly label: string | undefined;
  /** The first line outside this folder: `vit.ts:41`. */
  readonly line: string | undefined;
}

/** Both are undefined where the host keeps no stack, or where everything is bundled into one file. */
export function callerOrigin(): Origin {
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  // This folder as the stack writes it, from the frame of this very function: source maps write another than import.meta.url.
  const here = /[^(@\s]*[/\\](?=[^/\\]+:\d+:\d+\)?$)/.exec(frames[0] ?? '')?.[0];
  let label: string | undefined;
  for (const frame of frames) {
    if (here !== undefined && frame.includes(here)) {
      label = /at (?:\w+\.)*([A-Za-z]\w*) /.exec(frame)?.[1] ?? label;
      continue;
    }
    const place = /([^/\\(\s]+):(\d+):\d+\)?$/.exec(frame);
    if (place) return { label, line: `${place[1]}:${place[2]}` };
  }
  return { label, line: undefined };
}
