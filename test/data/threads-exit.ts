/** Opens a stream with threads and ends as its argument says; the process must end by itself. */
import { openBatches } from '../../model/data/batches.ts';
import { imageThreads } from '../../targets/node/data/threads.ts';
import { common, listSource, plainRecords } from './support.ts';

const stream = openBatches({ ...common, source: listSource(plainRecords(40)), prepare: imageThreads({ count: 2 }) });
const endings: Readonly<Record<string, () => Promise<void>>> = {
  async closed() {
    for (let i = 0; i < 5; i++) await stream.next();
    await stream.close();
  },
  async closedWhileRunning() {
    const waiting = stream.next().catch(() => undefined);
    await stream.close();
    await waiting;
  },
  async forgotten() {
    await stream.next();
  },
};
await endings[process.argv[2]!]!();
console.log('end');
