/** What follows from the state. */
import type { HeatMap } from '../../../../model/heat-map.ts';
import { rank } from '../gallery/ranking.ts';
import type { PageState, PictureId, PictureState, RegionState } from './state.ts';

export function pictureOf(state: PageState, id: PictureId | undefined): PictureState | undefined {
  return state.pictures.find((picture) => picture.id === id);
}

export function selectedPicture(state: PageState): PictureState | undefined {
  return pictureOf(state, state.selected);
}

export function activeRegion(state: PageState): RegionState | undefined {
  return selectedPicture(state)?.regions.find(({ id }) => id === state.activeRegion);
}

/** What is looked for: the text of the field without spaces around it; empty where nothing is. */
export function soughtText({ query }: PageState): string {
  return query.text.trim();
}

/** The heat map of the selected picture for what is looked for now. */
export function currentHeat(state: PageState): HeatMap | undefined {
  const { heat } = state;
  if (heat === undefined || heat.map === 'failed' || !state.showsHeat) return undefined;
  return heat.picture === state.selected && heat.query === soughtText(state) ? heat.map : undefined;
}

/** A picture and its cosine with what is looked for, where both are known. */
export interface Ranked {
  readonly picture: PictureState;
  readonly cosine?: number;
}

/** All pictures, the most similar to what is looked for first; in the order in which they came where nothing is. */
export function rankedPictures({ pictures, query }: PageState): readonly Ranked[] {
  const { embedding } = query;
  if (query.text.trim() === '' || !(embedding instanceof Float32Array)) return pictures.map((picture) => ({ picture }));
  const embeddings = pictures.map((picture) =>
    picture.embedding instanceof Float32Array ? picture.embedding : undefined,
  );
  return rank(embedding, embeddings).map(({ index, cosine }) => {
    const picture = pictures[index]!;
    return cosine === undefined ? { picture } : { picture, cosine };
  });
}
