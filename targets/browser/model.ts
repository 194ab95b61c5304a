/** A loaded model as a page sees it: the methods of `Mmgem`, run in the worker. */

import { MmgemError } from '../../model/errors.ts';
import { type TextDecoding, TextStream } from '../../model/generate/stream.ts';
import type { Mmgem } from '../../model/mmgem.ts';
import { type ImageSource, type SendableImage, sendableImages } from './image-sources.ts';
import { type Asynchronous, type MethodRow, modelMethods, type StreamMethod, type ValueMethod } from './methods.ts';
import type { Caller } from './rpc/caller.ts';
import { receiveError } from './rpc/errors.ts';
import type { LoadedModel, ServiceState, TokenPiece } from './service.ts';

type AnyModel = Mmgem<ImageSource>;

/**
 * MM-GEM on an engine: embeddings, captions, regions, heat maps. It differs from a model in Node in that `countTokens` has to
 * be waited for, and that options of `caption` are checked when reading begins.
 */
export interface Model
  extends Asynchronous<Pick<AnyModel, ValueMethod>>,
    Pick<
      AnyModel,
      StreamMethod | 'name' | 'config' | 'programs' | 'close' | keyof Disposable | keyof AsyncDisposable
    > {}

/** The page's side of a model that the worker has loaded. */
export function remoteModel(caller: Caller<ServiceState>, loaded: LoadedModel): Model {
  const { target, name, config } = loaded;
  let closing: Promise<void> | undefined;
  const assertOpen = (): void => {
    if (closing) throw new MmgemError(`model ${name} was closed; load it again.`);
  };
  const ask = async (method: string, row: MethodRow, args: readonly unknown[], more: AskOptions = {}) => {
    const { given, transfer } = await prepared(row, args);
    return caller.call(target, method, given, { transfer, ...more });
  };
  const methods = Object.entries(modelMethods).map(([method, row]) => {
    const value = async (...args: readonly unknown[]) => {
      assertOpen();
      return ask(method, row, args);
    };
    const stream = (first: unknown, options: { readonly signal?: AbortSignal } = {}) => {
      assertOpen();
      const { signal: stop, ...rest } = options;
      return remoteText((onPiece, signal) => ask(method, row, [first, { ...rest, signal }], { onPiece }), loaded, stop);
    };
    return [method, row.answer === 'stream' ? stream : value] as const;
  });
  const close = (): Promise<void> => {
    // An engine that is closed has closed its models.
    closing ??= caller.ended ? Promise.resolve() : caller.call(target, 'close', []).then(() => {});
    return closing;
  };
  const facts = {
    name,
    config,
    get programs() {
      return caller.state.programs[target] ?? [];
    },
    close,
    [Symbol.dispose]: () => void close(),
    [Symbol.asyncDispose]: close,
  };
  // The table has a row for each of the methods that the type has.
  return Object.defineProperties(
    Object.fromEntries(methods),
    Object.getOwnPropertyDescriptors(facts),
  ) as unknown as Model;
}

interface AskOptions {
  readonly onPiece?: (piece: unknown) => void;
}

/** Arguments with images as they can be sent, and what of them moves. */
async function prepared(
  row: MethodRow,
  args: readonly unknown[],
): Promise<{ given: readonly unknown[]; transfer: readonly Transferable[] }> {
  if (!row.images) return { given: args, transfer: [] };
  const [first, ...rest] = args as [ImageSource | readonly ImageSource[], ...unknown[]];
  const { images, transfer } = await sendableImages(Array.isArray(first) ? first : [first]);
  return { given: [Array.isArray(first) ? images : (images as [SendableImage])[0], ...rest], transfer };
}

/** A text whose tokens come from the worker, each with what it spells. */
function remoteText(
  ask: (onPiece: (piece: unknown) => void, signal: AbortSignal) => Promise<unknown>,
  { wordless }: LoadedModel,
  signal?: AbortSignal,
): TextStream {
  const words: string[] = [];
  let rest = '';
  const decoder = (): TextDecoding => {
    if (wordless) throw receiveError(wordless);
    let at = 0;
    return { push: () => words[at++]!, end: () => rest };
  };
  return new TextStream(
    async (onToken, stop) => {
      await ask((piece) => {
        const { id, text } = piece as TokenPiece;
        if (id === undefined) rest = text;
        else {
          words.push(text);
          onToken(id);
        }
      }, stop);
    },
    decoder,
    signal,
  );
}
