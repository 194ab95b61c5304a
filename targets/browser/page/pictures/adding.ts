/** Adding pictures to the page: the user's files, and sets of scenes. */
import type { Announce } from '../announce.ts';
import { explain } from '../messages/explain.ts';
import type { PageState } from '../state/state.ts';
import type { Store } from '../state/store.ts';
import { addPictures, removePictures } from '../state/transitions.ts';
import { openImage } from './files.ts';
import type { Library } from './library.ts';
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
 * Draws another set of scenes in place of the one that is there; the user's own images stay. Each scene is drawn in a turn of its
 * own, so that the page answers meanwhile.
 * @returns phrases about them that can be looked for
 */
export async function newScenes(seed: number, { store, library, announce }: AddingParts): Promise<string[]> {
  const before = store.state.pictures.filter(({ origin }) => origin === 'scene').map(({ id }) => id);
  const hadSelection = before.includes(store.state.selected ?? -1);
  const phrases: string[] = [];
  let first = true;
  for (let index = 0; index < scenesInSet; index++) {
    const source = sceneSource(seed, index);
    const id = library.add(source);
    phrases.push(...source.scene.regions.slice(0, 1).map(({ text }) => text));
    const name = `Scene ${index + 1} of set ${seed}`;
    store.update(
      addPictures([{ id, name, origin: 'scene', width: sceneSide, height: sceneSide }], first && hadSelection),
    );
    first = false;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  store.update(removePictures(before));
  library.remove(before);
  announce(`${scenesInSet} new scenes`);
  return phrases;
}
