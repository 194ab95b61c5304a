/** The same picture on both backends: the one that is loaded, and the other one, loaded for the comparison alone. */
import { compare } from '../../../../model/agreement.ts';
import type { RgbImage } from '../../../../model/preprocess/image.ts';
import { backendTitles } from '../messages/messages.ts';
import { type Agreement, type BackendName, backendNames, type PageState } from '../state/state.ts';
import type { Store } from '../state/store.ts';
import { changeBackend, measure, setComparison } from '../state/transitions.ts';
import type { ModelSession, Sessions } from '../work/session.ts';
import { agreeingDigits } from './digits.ts';
import { type Measured, measureSession } from './measure.ts';

export interface Comparing {
  readonly store: Store<PageState>;
  readonly sessions: Sessions;
  readonly loaded: { readonly backend: BackendName; readonly session: ModelSession };
  readonly picture: { readonly name: string; readonly image: RgbImage };
  readonly onNote: (text: string) => void;
}

/** Loading the other backend is most of the work. */
const loadingEnds = 0.8;

/** @throws whatever opening or running the other backend throws; nothing of it is left then */
export async function compareBackends({ store, sessions, loaded, picture, onNote }: Comparing): Promise<void> {
  const other = backendNames.find((name) => name !== loaded.backend)!;
  const report = (done: number, stage: string): void =>
    store.update(setComparison({ status: 'running', progress: { done, stage } }));
  try {
    report(0, `Measuring ${backendTitles[loaded.backend]}`);
    const own = await measureSession(loaded.session, picture.image);
    const begin = performance.now();
    const session = await sessions.open(
      other,
      (done, stage) => report(0.1 + done * (loadingEnds - 0.1), `${backendTitles[other]}: ${stage}`),
      onNote,
    );
    try {
      store.update(changeBackend(other, { description: session.description }));
      store.update(measure(other, { loadMilliseconds: performance.now() - begin }));
      report(loadingEnds, `Measuring ${backendTitles[other]}`);
      const theirs = await measureSession(session, picture.image);
      write(store, loaded.backend, own);
      write(store, other, theirs);
      const agreement = agreementOf(own, theirs, loaded.backend);
      store.update(setComparison({ status: 'done', picture: picture.name, agreement }));
    } finally {
      await session.close();
    }
  } finally {
    if (store.state.comparison.status === 'running') store.update(setComparison({ status: 'none' }));
  }
}

function write(store: Store<PageState>, backend: BackendName, measured: Measured): void {
  const { embedMilliseconds, tokenMilliseconds, memoryBytes } = measured;
  store.update(
    measure(backend, { embedMilliseconds, memoryBytes, ...(tokenMilliseconds !== undefined && { tokenMilliseconds }) }),
  );
}

function agreementOf(own: Measured, theirs: Measured, backend: BackendName): Agreement {
  const results = ({ embedding, caption }: Measured) => ({ numbers: [embedding], texts: [caption] });
  const { difference, sameTexts } = compare(results(own), results(theirs));
  const [webgpu, wasm] = backend === 'webgpu' ? [own, theirs] : [theirs, own];
  return {
    difference,
    digits: agreeingDigits(difference),
    sameTexts: sameTexts === 1,
    texts: { webgpu: webgpu.caption, wasm: wasm.caption },
  };
}
