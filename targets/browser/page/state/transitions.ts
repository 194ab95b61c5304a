/** Everything that can happen to the state: each a pure function from one state to the next. */
import type { Shape } from '../viewer/geometry.ts';
import { selectedPicture } from './select.ts';
import type {
  BackendName,
  BackendState,
  ComparisonState,
  EngineState,
  HeatState,
  Measures,
  Message,
  ModelState,
  PageState,
  PictureId,
  PictureState,
  Said,
  Tool,
} from './state.ts';

export type Change = (state: PageState) => PageState;
export type NewPicture = Pick<PictureState, 'id' | 'name' | 'origin' | 'width' | 'height'>;

const waiting: Said = { status: 'waiting' };

/** Puts pictures behind those that are there; the first of them is selected where none is, or where `show` says so. */
export function addPictures(added: readonly NewPicture[], show = false): Change {
  return (state) => {
    const first = added[0];
    if (first === undefined) return state;
    const pictures = added.map(
      (picture): PictureState => ({ ...picture, caption: waiting, regions: [], embedding: 'waiting' }),
    );
    const next = { ...state, pictures: [...state.pictures, ...pictures] };
    return show || state.selected === undefined ? selectPicture(first.id)(next) : next;
  };
}

/** The selection goes to the picture that takes the place of the selected one. */
export function removePictures(ids: readonly PictureId[]): Change {
  return (state) => {
    const pictures = state.pictures.filter(({ id }) => !ids.includes(id));
    if (state.selected === undefined || !ids.includes(state.selected)) return { ...state, pictures };
    const place = state.pictures.findIndex(({ id }) => id === state.selected);
    const next = pictures[Math.min(place, pictures.length - 1)];
    const { selected: _, activeRegion: __, heat: ___, ...rest } = state;
    return next === undefined ? { ...rest, pictures } : selectPicture(next.id)({ ...rest, pictures });
  };
}

export function selectPicture(id: PictureId): Change {
  return (state) => {
    if (state.selected === id || !state.pictures.some((picture) => picture.id === id)) return state;
    const { activeRegion: _, ...rest } = state;
    return { ...rest, selected: id };
  };
}

export function changePicture(id: PictureId, change: (picture: PictureState) => PictureState): Change {
  return (state) => ({
    ...state,
    pictures: state.pictures.map((picture) => (picture.id === id ? change(picture) : picture)),
  });
}

/** Marks a part of the selected picture. */
export function addRegion(id: number, shape: Shape): Change {
  return (state) => {
    const picture = selectedPicture(state);
    if (picture === undefined) return state;
    const regions = [...picture.regions, { id, shape, said: waiting }];
    return { ...changePicture(picture.id, (one) => ({ ...one, regions }))(state), activeRegion: id };
  };
}

/** Another shape for a region, of which something has to be said anew. */
export function reshapeRegion(id: number, shape: Shape): Change {
  return changeRegions((regions) =>
    regions.map((region) => (region.id === id ? { id, shape, said: waiting } : region)),
  );
}

export function removeRegion(id: number): Change {
  return (state) => {
    const next = changeRegions((regions) => regions.filter((region) => region.id !== id))(state);
    return state.activeRegion === id ? activateRegion(undefined)(next) : next;
  };
}

export function clearRegions(): Change {
  return (state) => activateRegion(undefined)(changeRegions(() => [])(state));
}

function changeRegions(change: (regions: PictureState['regions']) => PictureState['regions']): Change {
  return (state) => {
    const picture = selectedPicture(state);
    if (picture === undefined) return state;
    return changePicture(picture.id, (one) => ({ ...one, regions: change(one.regions) }))(state);
  };
}

export function activateRegion(id: number | undefined): Change {
  return (state) => {
    if (state.activeRegion === id) return state;
    const { activeRegion: _, ...rest } = state;
    return id === undefined ? rest : { ...rest, activeRegion: id };
  };
}

/** What is said of a picture, or of one of its regions. What is no longer there is not brought back. */
export function say(picture: PictureId, region: number | undefined, said: Said): Change {
  return changePicture(picture, (one) => {
    if (region === undefined) return { ...one, caption: said };
    return { ...one, regions: one.regions.map((other) => (other.id === region ? { ...other, said } : other)) };
  });
}

export function setTool(tool: Tool): Change {
  return (state) => (state.tool === tool ? state : { ...state, tool });
}

/** Another text in the field; spaces around it do not make it another one. */
export function setQuery(text: string): Change {
  return (state) => {
    if (text === state.query.text) return state;
    const same = text.trim() === state.query.text.trim();
    return { ...state, query: { text, embedding: same ? state.query.embedding : 'waiting' } };
  };
}

/** The embedding of a text, unless the field has another one by now. */
export function setQueryEmbedding(text: string, embedding: Float32Array | 'failed'): Change {
  return (state) => {
    return state.query.text.trim() === text ? { ...state, query: { ...state.query, embedding } } : state;
  };
}

export function setHeat(heat: HeatState): Change {
  return (state) => ({ ...state, heat });
}

export function showHeat(showsHeat: boolean): Change {
  return (state) => ({ ...state, showsHeat });
}

export function setEngine(engine: EngineState): Change {
  return (state) => ({ ...state, engine });
}

/** Progress of loading never goes back: the bar is one for all that has to be done. */
export function advance(done: number, stage: string): Change {
  return (state) => {
    const { engine } = state;
    if (engine.status !== 'loading') return state;
    const progress = { done: Math.max(engine.progress.done, Math.min(1, done)), stage };
    return { ...state, engine: { ...engine, progress } };
  };
}

export function changeBackend(name: BackendName, change: Partial<BackendState>): Change {
  return (state) => ({ ...state, backends: { ...state.backends, [name]: { ...state.backends[name], ...change } } });
}

export function measure(name: BackendName, measures: Measures): Change {
  return (state) => changeBackend(name, { measures: { ...state.backends[name].measures, ...measures } })(state);
}

export function setComparison(comparison: ComparisonState): Change {
  return (state) => ({ ...state, comparison });
}

export function setModel(model: ModelState): Change {
  return (state) => ({ ...state, model });
}

/** What failed before gets another chance, on the engine that is there now. */
export function tryAgain(): Change {
  const again = (said: Said): Said => (said.status === 'failed' || said.status === 'writing' ? waiting : said);
  return (state) => {
    const pictures = state.pictures.map(
      (picture): PictureState => ({
        ...picture,
        caption: again(picture.caption),
        regions: picture.regions.map((region) => ({ ...region, said: again(region.said) })),
        embedding: picture.embedding === 'failed' ? 'waiting' : picture.embedding,
      }),
    );
    const query = state.query.embedding === 'failed' ? { ...state.query, embedding: 'waiting' as const } : state.query;
    const { heat, ...rest } = state;
    return { ...rest, ...(heat && heat.map !== 'failed' && { heat }), pictures, query };
  };
}

/** A message that says the same as one that stands there takes its place. */
export function addMessage(message: Message): Change {
  return (state) => {
    const others = state.messages.filter(({ title, text }) => title !== message.title || text !== message.text);
    return { ...state, messages: [...others, message] };
  };
}

export function dismissMessage(id: number): Change {
  return (state) => ({ ...state, messages: state.messages.filter((message) => message.id !== id) });
}

/** Takes away what was said about an engine that could not run, once one runs. */
export function dismissEngineMessages(): Change {
  return (state) => ({ ...state, messages: state.messages.filter(({ actions }) => actions.length === 0) });
}
