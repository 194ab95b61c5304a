/** States to begin tests with. */
import { initialState, type PageState } from '../../../targets/browser/page/state/state.ts';
import { addPictures, type Change, type NewPicture } from '../../../targets/browser/page/state/transitions.ts';

export const picture = (id: number): NewPicture => ({
  id,
  name: `picture ${id}`,
  origin: 'scene',
  width: 96,
  height: 96,
});

/** A state with pictures of these numbers, the first of them selected, after some changes. */
export function stateWith(ids: readonly number[], ...changes: readonly Change[]): PageState {
  return [addPictures(ids.map(picture)), ...changes].reduce((state, change) => change(state), initialState);
}
