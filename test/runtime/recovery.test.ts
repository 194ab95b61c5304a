/** What follows the loss of a device, with devices that are only pretended. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BackendError, type BackendFactory } from '../../runtime/backend.ts';
import { openEngine } from '../../runtime/engine.ts';
import { type DeviceLoss, DeviceLostError } from '../../runtime/loss.ts';
import { Recovery } from '../../runtime/recovery.ts';
import type { Executor } from '../../runtime/seam.ts';
import { rejects } from './rejects.ts';

const test = suite('recovery');

/** An executor that can lose its device, and writes down what is done to it. */
class Pretended implements Executor {
  readonly info;
  readonly target = { language: 'assembly', simd: 'baseline' } as const;
  readonly lost: Promise<DeviceLoss>;
  readonly #log: string[];
  #tell: (loss: DeviceLoss) => void = () => {};

  constructor(name: string, log: string[]) {
    this.info = { backend: 'pretended', description: name, details: {} };
    this.#log = log;
    log.push(`open ${name}`);
    this.lost = new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  async lose(reason = 'unknown'): Promise<DeviceLostError> {
    const loss = { reason, message: 'a reset.' };
    this.#tell(loss);
    await this.lost;
    return new DeviceLostError(`device ${this.info.description}`, loss);
  }

  createStore(): never {
    throw new Error('no store is needed');
  }

  async compile(): Promise<never> {
    throw new Error('nothing is compiled');
  }

  memory() {
    return { current: 1, peak: this.info.description === 'A' ? 100 : 10 };
  }

  async close(): Promise<void> {
    this.#log.push(`close ${this.info.description}`);
  }
}

/** A recovery from one device to the next: A, B, C … */
function started(open?: (name: string, log: string[]) => Promise<Executor>) {
  const log: string[] = [];
  const devices: Pretended[] = [new Pretended('A', log)];
  const next = async () => {
    const name = String.fromCharCode(65 + devices.length);
    const executor = open ? await open(name, log) : new Pretended(name, log);
    devices.push(executor as Pretended);
    return executor;
  };
  return { log, devices, recovery: new Recovery(devices[0]!, next, [0, 1]) };
}

test('the lost one is closed before the next is opened, once for all that ask, late ones too', async () => {
  const { recovery, devices, log } = started();
  const error = await devices[0]!.lose();
  const told = await Promise.all([recovery.recover(error, 1), recovery.recover(error, 1)]);
  assert.equal(told, Array(2).fill('device A was lost (unknown: a reset); pretended was opened again: B'));
  await recovery.recover(error, 1);
  assert.equal(log, ['open A', 'close A', 'open B']);
  assert.is(recovery.executor, devices[1]);
  assert.equal(recovery.losses, [error.loss]);
  assert.equal(recovery.memory(), { current: 1, peak: 100 });
});

test('each loss opens another', async () => {
  const { recovery, devices, log } = started();
  await recovery.recover(await devices[0]!.lose(), 1);
  await recovery.recover(await devices[1]!.lose('destroyed'), 1);
  assert.equal(log, ['open A', 'close A', 'open B', 'close B', 'open C']);
  assert.equal(
    recovery.losses.map(({ reason }) => reason),
    ['unknown', 'destroyed'],
  );
});

test('the third loss in a row of one work ends it, and whoever asks hears the reason', async () => {
  const { recovery, devices, log } = started();
  await recovery.recover(await devices[0]!.lose(), 1);
  await recovery.recover(await devices[1]!.lose(), 2);
  const last = await devices[2]!.lose();
  await rejects(recovery.recover(last, 3), /device C was lost \(unknown: a reset\)/, /3 devices in a row/);
  assert.is(await recovery.lost, last.loss);
  assert.throws(() => recovery.executor, /gives up/);
  await rejects(recovery.recover(last, 1), /gives up/);
  await recovery.close();
  assert.is(log.filter((entry) => entry.startsWith('open')).length, 3);
  assert.ok(log.includes('close C'));
});

test('opening is tried again, and what fails in the end is told', async () => {
  let tries = 0;
  const patient = started(async (name, log) => {
    if (++tries === 1) throw new Error('not yet');
    return new Pretended(name, log);
  });
  await patient.recovery.recover(await patient.devices[0]!.lose(), 1);
  assert.is(patient.recovery.executor.info.description, 'B');

  const gone = started(async () => {
    throw new BackendError('the adapter is gone', 'Plug it in');
  });
  const error = await gone.devices[0]!.lose();
  await rejects(gone.recovery.recover(error, 1), /no other device can be opened \(the adapter is gone. Plug it in\)/);
  assert.is(await gone.recovery.lost, error.loss);
});

test('what was closed is not opened again, even when it is closed while the next one opens', async () => {
  const closed = started();
  const error = await closed.devices[0]!.lose();
  await closed.recovery.close();
  await rejects(closed.recovery.recover(error, 1), /pretended engine was closed/);
  assert.equal(closed.log, ['open A', 'close A']);

  let finish: () => void = () => {};
  const slow = started(async (name, log) => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return new Pretended(name, log);
  });
  const recovering = slow.recovery.recover(await slow.devices[0]!.lose(), 1);
  await new Promise((resolve) => setTimeout(resolve, 1));
  const closing = slow.recovery.close();
  finish();
  await rejects(recovering, /was closed/);
  await closing;
  assert.equal(slow.log.slice(0, 4), ['open A', 'close A', 'open B', 'close B']);
});

test('a loss of another engine is handed back', async () => {
  const [mine, other] = [started(), started()];
  const error = await other.devices[0]!.lose();
  await rejects(mine.recovery.recover(error, 1), /device A was lost/);
  assert.equal(mine.log, ['open A']);
});

test('an engine opens the same backend with the same options, and tells what it runs on then', async () => {
  const log: string[] = [];
  const devices: Pretended[] = [];
  const backend: BackendFactory = {
    name: 'pretended',
    options: ['f16'],
    probe: async () => ({ usable: true, description: 'fine' }),
    open: async (options) => {
      devices.push(new Pretended(`${devices.length} ${JSON.stringify(options)}`, log));
      return devices.at(-1)!;
    },
  };
  for (const name of ['pretended', 'auto']) {
    const from = devices.length;
    const engine = await openEngine(name, [backend], { f16: false });
    await engine.recover(await devices[from]!.lose());
    assert.is(engine.info.description, `${from + 1} {"f16":false}`);
    assert.is(engine.info.asked, name);
    assert.equal(
      engine.losses.map(({ reason }) => reason),
      ['unknown'],
    );
    await engine.close();
  }
});

test.run();
