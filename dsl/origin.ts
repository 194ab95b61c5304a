/** Where in the user's code a tensor was made, told by the stack. */

export interface Origin {
  /** The function of this folder that the user called: `layerNorm`. */
  readonly label: string | undefined;
  /** The first line outside this folder: `vit.ts:41`. */
  readonly line: string | undefined;
}

/** Operators are composed of operators: the user's line may lie deeper than the ten frames that V8 keeps unless told. */
const deepest = 40;

/** The frames from the caller's on, as many as V8 is told to keep here. */
function stackFrames(): string[] {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = deepest;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = before;
  return stack.split('\n').slice(1);
}

/** Both are undefined where the host keeps no stack, or where everything is bundled into one file. */
export function callerOrigin(): Origin {
  const frames = stackFrames();
  // This folder as the stack writes it, from the frame of this very file: source maps write another than import.meta.url.
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
  // Bundled into one file, or no stack kept: the frames tell nothing of whose they are.
  return { label: undefined, line: undefined };
}
