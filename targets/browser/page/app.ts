/** The page: state, model and elements put together. */
import { announcer } from './announce.ts';
import { bindBackends } from './backends/cards.ts';
import { compareBackends } from './backends/compare.ts';
import { byId, setText } from './dom.ts';
import { bindGallery } from './gallery/gallery.ts';
import { bindSearch } from './gallery/search.ts';
import { bindHeat } from './heat/heat-layer.ts';
import { explain } from './messages/explain.ts';
import { bindMessages } from './messages/messages.ts';
import { addFiles, newScenes } from './pictures/adding.ts';
import { bindIntake } from './pictures/intake.ts';
import { Library } from './pictures/library.ts';
import { SceneDrawer } from './pictures/scene-drawer.ts';
import { bindProgress } from './progress.ts';
import { selectedPicture } from './state/select.ts';
import { type BackendName, backendNames, initialState, type MessageAction, type PictureState } from './state/state.ts';
import { createStore } from './state/store.ts';
import { addMessage, removePictures } from './state/transitions.ts';
import { bindTheme } from './theme.ts';
import { bindViewer } from './viewer/viewer.ts';
import { bindWords } from './words/words.ts';
import { Launcher } from './work/launcher.ts';
import type { Sessions } from './work/session.ts';

export interface PageOptions {
  readonly sessions: Sessions;
  /** What is to be said of the model from the beginning on. */
  readonly note?: { readonly title: string; readonly text: string };
  /** What is to be said when the first image of the user's is added. */
  readonly ownImagesNote?: string;
  /** The backend that the address asks for; otherwise the best one that runs. */
  readonly backend?: BackendName;
}

/** Examples beside the search field. */
const exampleCount = 3;

export async function startPage({ sessions, note, ownImagesNote, backend }: PageOptions): Promise<void> {
  const store = createStore(initialState);
  const library = new Library();
  const announce = announcer();
  let lastMessage = 0;
  const say = (kind: 'problem' | 'note', title: string, text: string, actions: readonly MessageAction[] = []): void =>
    store.update(addMessage({ id: ++lastMessage, kind, title, text, actions }));
  const onProblem = (title: string, text: string): void => say('problem', title, text);
  const adding = { store, library, announce, onProblem };
  const launcher = new Launcher({ store, library, sessions, say });
  const remove = (id: number): void => {
    store.update(removePictures([id]));
    library.remove([id]);
  };

  bindTheme();
  bindProgress(store, announce);
  bindMessages(store, (action) => void launcher.start(action.backend));
  const showExamples = bindSearch(store, announce);
  bindGallery({ store, library, onRemove: remove });
  bindViewer({ store, library, announce, onProblem: (title, error) => onProblem(title, explain(error)) });
  bindHeat(store);
  bindWords({ store, library, announce });
  bindIntake((files) => void addFiles(files, adding));
  bindBackends({ store, onChoose: (name) => void launcher.start(name), onCompare: () => void runComparison() });
  store.watch(
    ({ model }) => model,
    (model) => setText(byId('model-name', HTMLSpanElement), model?.name ?? ''),
  );

  const runComparison = async (): Promise<void> => {
    const picture = selectedPicture(store.state);
    if (picture === undefined) return;
    try {
      await launcher.alone(async (loaded) => {
        const image = await library.pixels(picture.id, loaded.session.model.side);
        const onNote = (text: string): void => say('note', 'For your information', text);
        return compareBackends({ store, sessions, loaded, picture: { name: picture.name, image }, onNote });
      });
    } catch (error) {
      onProblem('The backends could not be compared', explain(error));
    }
  };

  const drawer = new SceneDrawer();
  const isOwn = ({ origin }: PictureState): boolean => origin === 'own';
  store.watch(
    ({ pictures }) => pictures.some(isOwn),
    (some) =>
      some && ownImagesNote !== undefined && say('note', 'This model has seen drawn scenes alone', ownImagesNote),
  );
  let seed = 0;
  const drawScenes = async (): Promise<void> => {
    const scenes = byId('new-scenes', HTMLButtonElement);
    scenes.disabled = true;
    const phrases = await newScenes(++seed, drawer, adding);
    showExamples(phrases.slice(0, exampleCount));
    scenes.disabled = false;
  };
  byId('new-scenes', HTMLButtonElement).addEventListener('click', () => void drawScenes());
  if (note !== undefined) say('note', note.title, note.text);
  await drawScenes();
  const best = await launcher.probe();
  await launcher.start(backend ?? best);
}

/** The backend that an address names: `?backend=wasm`. */
export function backendOf(search: string): BackendName | undefined {
  const asked = new URLSearchParams(search).get('backend');
  return backendNames.find((name) => name === asked);
}
