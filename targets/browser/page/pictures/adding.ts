/** Adding pictures to the page: the user's files, and sets of scenes. */
import type { Announce } from '../announce.ts';
import { explain } from '../messages/explain.ts';
import type { PageState } from '../state/state.ts';
import type { Store } from '../state/store.ts';
import { addPictures, removePictures } from '../state/transitions.ts';
import { openImage } from './files.ts';
import type { Library } from './library.ts';
import type { SceneDrawer } from './scene-drawer.ts';
import { sceneSide, sceneSource } from './scenes.ts';

export interface AddingParts {
  readonly store: Store<PageState>;
  readonly library: Library;
  readonly announce: Announce;
  readonly onProblem: (title: string, text: string) => void;
}

/** Scenes of a set. */
const scenesInSet = 12;

/** Decodes files one after the other; each is there as soon as it is decoded, and the first one is shown. */
export async function addFiles(files: readonly File[], parts: AddingParts): Promise<void> {
  const { store, library, announce, onProblem } = parts;
  let added = 0;
  for (const file of files) {
    const name = file.name || 'pasted image';
    try {
      const { source, width, height } = await openImage(file, name);
      const id = library.add(source);
      store.update(addPictures([{ id, name, origin: 'own', width, height }], added === 0));
      added++;
    } catch (error) {
      onProblem(`${name} was not added`, explain(error));
    }
  }
  if (added > 0) announce(added === 1 ? 'One image added' : `${added} images added`);
}

/**
 * Puts another set of scenes in place of the one that is there; the user's own images stay.
 * @returns phrases about them that can be looked for
 */
export async function newScenes(seed: number, drawer: SceneDrawer, parts: AddingParts): Promise<string[]> {
  const { store, library, announce } = parts;
  const before = store.state.pictures.filter(({ origin }) => origin === 'scene').map(({ id }) => id);
  const isShown = before.includes(store.state.selected ?? -1);
  const phrases: string[] = [];
  for (let index = 0; index < scenesInSet; index++) {
    const source = sceneSource(seed, index, drawer);
    const id = library.add(source);
    phrases.push(source.scene.regions[0]!.text);
    const name = `Scene ${index + 1} of set ${seed}`;
    const picture = { id, name, origin: 'scene', width: sceneSide, height: sceneSide } as const;
    store.update(addPictures([picture], isShown && index === 0));
    // What a scene holds is quickly said, but not twelve times in one turn of the page's thread.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  store.update(removePictures(before));
  library.remove(before);
  if (before.length > 0) announce(`${scenesInSet} new scenes`);
  return phrases;
}
