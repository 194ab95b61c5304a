// The batches of model/data as a run takes them: the next one is put together while the step works on this one.
import type { Batch } from '../data/batch.ts';
import type { BatchStream as DataStream } from '../data/batches.ts';
import type { BatchStream, NextBatch } from './seam.ts';

export function trainingBatches(stream: DataStream): BatchStream<Batch> {
  const begin = (): Promise<NextBatch<Batch>> => {
    const next = stream.next().then(({ batch, place, broken }) => ({ batch, place, images: batch.sizes.B, broken }));
    next.catch(() => undefined); // told when its turn comes
    return next;
  };
  let ahead = begin();
  return {
    next() {
      const next = ahead;
      ahead = next.then(begin);
      ahead.catch(() => undefined);
      return next;
    },
    close: () => stream.close(),
  };
}
