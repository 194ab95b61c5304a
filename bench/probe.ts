/** Which contenders can run here, before anything is measured. */
import { type Contender, contenders } from './contenders/contenders.ts';
import type { BenchmarkOptions } from './options.ts';
import type { ContenderHandle } from './process/contender-handle.ts';
import type { Case } from './suites/suite.ts';

export interface Usable {
  /** Those of Node that take part wherever they can. */
  readonly backends: readonly Contender[];
  /** Those that run models: Node's best build for wasm and its GPU, even one in software as those of browsers are; browsers. */
  readonly hosts: readonly Contender[];
  /** The SIMD build that wasm chooses here. */
  readonly best?: string;
  /** Those that cannot run here, or not everywhere, with the reason. */
  readonly unusable: Readonly<Record<string, string>>;
}

/** Asks a process that it starts. */
export type Asked = <T>(ask: (handle: ContenderHandle) => Promise<T>) => Promise<T>;

/** The builds are tried from the best on; `wasm` is the first that runs. */
const builds = ['wasm-wide', 'wasm-relaxed', 'wasm-baseline'];

export async function findUsable(
  { backends, browsers, named }: BenchmarkOptions,
  cases: readonly Case[],
  asked: Asked,
  progress: (text: string) => void,
): Promise<Usable> {
  const unusable: Record<string, string> = {};
  const usable: Contender[] = [];
  const inSoftware: Contender[] = [];
  let best: string | undefined;
  const models = cases.some(({ kind }) => kind === 'model');
  const wanted = [...(backends.includes('wasm') ? builds : []), ...backends, ...(models ? browsers : [])];
  for (const contender of contenders.filter(({ name }) => wanted.includes(name))) {
    const { name } = contender;
    // Of builds that nobody named, one that runs is enough.
    if (builds.includes(name) && !backends.includes(name) && best !== undefined) continue;
    progress(`trying ${name}`);
    try {
      const drawback = await asked((handle) => handle.ask('probe', { contender: name }));
      if (builds.includes(name)) best ??= name;
      if (drawback === undefined || named) usable.push(contender);
      else {
        inSoftware.push(contender);
        if (cases.some(({ kind }) => kind !== 'model')) unusable[name] = `${drawback}. ${remedy(models)}`;
      }
    } catch (error) {
      unusable[name] = (error as Error).message;
    }
  }
  const own = usable.filter(({ kind }) => kind === 'backend');
  return {
    backends: own,
    hosts: [
      ...own.filter(({ name }) => named || name === best || !builds.includes(name)),
      ...inSoftware,
      ...usable.filter(({ kind }) => kind === 'browser'),
    ],
    ...(best !== undefined && { best }),
    unusable,
  };
}

const remedy = (models: boolean): string =>
  models
    ? 'It is measured beside browsers alone; name it with --backend for all suites'
    : 'Name it with --backend to measure it';
