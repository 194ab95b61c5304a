/** What a page's worker does: opens an engine, loads models on it, and makes them callable. */

import { MmgemError } from '../../model/errors.ts';
import { TextStream } from '../../model/generate/stream.ts';
import type { Host } from '../../model/host.ts';
import { type LoadOptions, load } from '../../model/load.ts';
import type { Mmgem } from '../../model/mmgem.ts';
import type { OnProgress } from '../../model/session/programs.ts';
import type { BackendOptions } from '../../runtime/backend.ts';
import type { Engine, EngineInfo } from '../../runtime/engine.ts';
import type { HttpStoreOptions } from '../web/files/http-store.ts';
import { LoadProgress, type LoadState } from '../web/load-progress.ts';
import { modelMethods } from './methods.ts';
import { sendError } from './rpc/errors.ts';
import type { AnswerKind, Port, SentError, TargetId } from './rpc/messages.ts';
import { Server } from './rpc/server.ts';

/** What the page knows of the engine and its models without asking: it comes with every answer. */
export interface ServiceState {
  readonly memory: { readonly current: number; readonly peak: number };
  /** Programs that have been compiled, by model. */
  readonly programs: Readonly<Record<TargetId, readonly string[]>>;
}

/** A model that was loaded, as the page is told of it. */
export interface LoadedModel extends Pick<Mmgem<never>, 'name' | 'config'> {
  readonly target: TargetId;
  /** Why the model has no text, if so: it has no tokenizer. */
  readonly wordless?: SentError;
}

/** A piece of a text: a token and the text that it completes; the last has no token, and what was held back. */
export interface TokenPiece {
  readonly id?: number;
  readonly text: string;
}

/** What can be called of the service. */
const serviceMethods = { open: 'value', load: 'value', lost: 'value', close: 'value' } as const;

/** What a load of the page is told besides what `load` heeds anywhere. */
export interface ServiceLoadOptions extends Omit<LoadOptions, 'engine'>, Pick<HttpStoreOptions, 'signal'> {
  /** Called with how far the whole load is: download, programs and weights together. */
  readonly onState?: (state: LoadState) => void;
}

/** `Place`: how the page names model directories; `Image`: what it sends for an image. */
export interface ServiceHost<Place, Image> {
  open(backend: string, options: BackendOptions): Promise<Engine>;
  /** The path under which `host` opens a place, and the host. */
  hostFor(place: Place, options: HttpStoreOptions): { readonly path: string; readonly host: Host<Image> };
}

export class Service<Place, Image> {
  readonly #host: ServiceHost<Place, Image>;
  readonly #server: Server;
  readonly #models = new Map<TargetId, Mmgem<Image>>();
  #engine: Engine | undefined;

  constructor(port: Port, host: ServiceHost<Place, Image>) {
    this.#host = host;
    this.#server = new Server(port, () => this.#state());
    this.#server.add({ object: this, methods: serviceMethods });
  }

  /** @throws MmgemError as `openEngine` */
  async open(backend: string, options: BackendOptions): Promise<EngineInfo> {
    this.#engine = await this.#host.open(backend, options);
    return this.#engine.info;
  }

  /** @throws MmgemError as `load` of model/load.ts */
  async load(place: Place, { onState, signal, ...options }: ServiceLoadOptions): Promise<LoadedModel> {
    const engine = this.#opened();
    const { prepare = [], onWarning } = options;
    const progress = new LoadProgress(prepare, onState ?? (() => {}));
    const { path, host } = this.#host.hostFor(place, { onProgress: progress.onDownload, onWarning, signal });
    const onProgress: OnProgress = (step) => {
      options.onProgress?.(step);
      progress.onProgress(step);
    };
    const model = await load(path, host, { ...options, onProgress, engine });
    progress.finish();
    const wordless = whyWordless(model);
    const target = this.#server.add({
      object: model,
      methods: servedMethods,
      piecesOf: (text) => piecesOf(text, !wordless),
    });
    this.#models.set(target, model);
    return { target, name: model.name, config: model.config, ...(wordless && { wordless }) };
  }

  /** When the engine has lost its device: why. */
  lost(): Engine['lost'] {
    return this.#opened().lost;
  }

  async close(): Promise<void> {
    await this.#engine?.close();
  }

  #opened(): Engine {
    if (this.#engine) return this.#engine;
    throw new MmgemError('the worker has no engine yet; wait for open()');
  }

  #state(): ServiceState {
    const programs = [...this.#models].map(([target, model]) => [target, model.programs] as const);
    return { memory: this.#engine?.memory() ?? { current: 0, peak: 0 }, programs: Object.fromEntries(programs) };
  }
}

/** What can be called of a model. */
const servedMethods: Readonly<Record<string, AnswerKind>> = {
  ...Object.fromEntries(Object.entries(modelMethods).map(([name, { answer }]) => [name, answer] as const)),
  close: 'value',
};

/** The tokens of a text with what they spell; without a tokenizer tokens alone. */
async function* piecesOf(text: unknown, hasWords: boolean): AsyncGenerator<TokenPiece> {
  if (!(text instanceof TextStream)) throw new TypeError('a model streams texts alone');
  const decoder = hasWords ? text.decoder() : undefined;
  for await (const id of text.tokens()) yield { id, text: decoder?.push(id) ?? '' };
  yield { text: decoder?.end() ?? '' };
}

function whyWordless(model: Mmgem<never>): SentError | undefined {
  try {
    model.countTokens('');
    return undefined;
  } catch (error) {
    return sendError(error);
  }
}
