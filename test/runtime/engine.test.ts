/** Choosing and opening a backend, with backends that are only pretended. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BackendError, type BackendFactory, type BackendOptions, type Probe } from '../../runtime/backend.ts';
import { type Engine, openEngine } from '../../runtime/engine.ts';
import type { Executor } from '../../runtime/seam.ts';
import { rejects } from './rejects.ts';

const engines = suite('engine');

/** What was done to the pretended backends, in order. */
let log: string[] = [];
engines.before.each(() => {
  log = [];
});

function executor(backend: string): Executor {
  return {
    info: { backend, description: `${backend} as a test pretends it`, details: {} },
    target: { language: 'assembly', simd: 'baseline' },
    createStore: () => {
      throw new Error('no store is needed');
    },
    compile: async () => {
      throw new Error('nothing is compiled');
    },
    memory: () => ({ current: 1, peak: 2 }),
    close: async () => void log.push(`close ${backend}`),
  };
}

function backend(name: string, probe: Probe, options: BackendFactory['options'] = [], failure?: Error): BackendFactory {
  return {
    name,
    options,
    async probe() {
      log.push(`probe ${name}`);
      return probe;
    },
    async open(given: BackendOptions) {
      log.push(`open ${name} ${JSON.stringify(given)}`);
      if (failure) throw failure;
      return executor(name);
    },
  };
}

const usable: Probe = { usable: true, description: 'fine' };
const slow: Probe = { usable: true, description: 'fine', drawback: 'is slow' };
const missing: Probe = { usable: false, reason: 'no driver', remedy: 'Install one' };

const opened = (): string[] => log.filter((entry) => entry.startsWith('open')).map((entry) => entry.split(' ')[1]!);

engines('a backend is opened by its name, without asking the others', async () => {
  const engine = await openEngine('b', [backend('a', usable), backend('b', slow, ['threads'])], { threads: 3 });
  assert.equal(log, ['open b {"threads":3}']);
  assert.is(engine.info.backend, 'b');
  assert.is(engine.info.asked, 'b');
  assert.equal(engine.memory(), { current: 1, peak: 2 });
  await engine.close();
});

engines('an unknown name lists what there is', async () => {
  await rejects(openEngine('c', [backend('a', usable), backend('b', usable)]), /unknown backend 'c'/, /a, b, or auto/);
});

engines('a named backend that cannot run is an error with reason and remedy, and no other is taken', async () => {
  const broken = backend('b', missing, [], new BackendError('no driver found', 'Install one'));
  await rejects(
    openEngine('b', [backend('a', usable), broken]),
    /backend b cannot run/,
    /no driver found\. Install one/,
  );
  assert.equal(opened(), ['b']);
});

engines('an option that the backend does not heed is an error', async () => {
  const table = [backend('a', usable, ['f16']), backend('b', usable, ['threads'])];
  await rejects(openEngine('a', table, { threads: 2 }), /backend a has no option 'threads'/, /f16/);
  await rejects(openEngine('auto', table, { simd: 'wide' }), /no backend of this host has an option 'simd'/);
  assert.equal(opened(), []);
});

engines('auto takes the first usable one and says why not those before', async () => {
  const engine = await openEngine('auto', [backend('a', missing), backend('b', usable), backend('c', usable)]);
  assert.is(engine.info.backend, 'b');
  assert.is(engine.info.asked, 'auto');
  assert.equal(engine.info.passedOver, [{ backend: 'a', reason: 'no driver. Install one' }]);
});

engines('auto gives each backend the options that it heeds', async () => {
  const table = [backend('a', missing, ['f16']), backend('b', usable, ['threads'])];
  await openEngine('auto', table, { f16: false, threads: 2 });
  assert.ok(log.includes('open b {"threads":2}'));
});

engines('auto takes one with a drawback only when there is no other', async () => {
  const other = await openEngine('auto', [backend('a', slow), backend('b', usable)]);
  assert.is(other.info.backend, 'b');
  assert.equal(other.info.passedOver, [{ backend: 'a', reason: 'is slow' }]);
  const itself = await openEngine('auto', [backend('a', slow), backend('b', missing)]);
  assert.is(itself.info.backend, 'a');
  assert.equal(itself.info.passedOver, [{ backend: 'b', reason: 'no driver. Install one' }]);
});

engines('auto goes on when one that seemed usable does not open', async () => {
  const engine = await openEngine('auto', [backend('a', usable, [], new Error('out of luck')), backend('b', usable)]);
  assert.is(engine.info.backend, 'b');
  assert.equal(engine.info.passedOver, [{ backend: 'a', reason: 'out of luck' }]);
});

engines('auto with nothing usable tells every reason', async () => {
  await rejects(
    openEngine('auto', [backend('a', missing), backend('b', usable, [], new Error('out of luck'))]),
    /no backend can run/,
    /a: no driver\. Install one/,
    /b: out of luck/,
  );
});

engines('close closes once; using and await using close, too', async () => {
  const table = [backend('a', usable)];
  const engine = await openEngine('a', table);
  await Promise.all([engine.close(), engine.close()]);
  assert.throws(() => engine.createStore('late'), /a engine was closed/);
  {
    using _sync = await openEngine('a', table);
  }
  {
    await using _async: Engine = await openEngine('a', table);
  }
  assert.is(log.filter((entry) => entry === 'close a').length, 3);
});

engines.run();
