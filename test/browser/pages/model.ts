/** A page with mmgem on it, as any page would import it; tests say what to do with it. */
import { type Engine, load, type Model, open } from '../../../targets/browser/index.ts';

declare global {
  /** The engine and the model of this page. */
  var opened: { readonly engine: Engine; readonly model: Model };
  /** Opens the site's model on a backend, made ready for captions. */
  var openModel: (backend: string) => Promise<void>;
  var loadModel: (engine: Engine) => Promise<Model>;
}

globalThis.loadModel = (engine) => load('/models/nano/', { engine, prepare: ['caption'] });

globalThis.openModel = async (backend) => {
  const engine = await open(backend);
  globalThis.opened = { engine, model: await globalThis.loadModel(engine) };
};
