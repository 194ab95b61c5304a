/** Where in the user's code a tensor was made, told by the stack. */

export interface Origin {
  /** The function of this folder that the user called: `layerNorm`. */
  readonly label: string | undefined;
  /** The first line outside this folder: `vit.ts:41`. */
  readonly line: string | undefined;
}

/** Operators are composed of operators: the user's line may lie deeper than the ten frames that V8 keeps unless told. */
const deepest = 40;

/** Keeps the stack as it is here. V8 writes it down when it is first read, which takes far longer: most never are. */
function keepStack(): Error {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = deepest;
  const kept = new Error();
  Error.stackTraceLimit = before;
  return kept;
}

/** The place that called what calls this, found out when it is asked for. */
export function callerOrigin(): () => Origin {
  const kept = keepStack();
  let origin: Origin | undefined;
  return () => {
    origin ??= originOf(kept);
    return origin;
  };
}

/** Both are undefined where the host keeps no stack, or where everything is bundled into one file. */
function originOf({ stack = '' }: Error): Origin {
  const frames = stack.split('\n').slice(1);
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
