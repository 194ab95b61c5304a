import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withinBudget } from '../../model/session/budget.ts';

const test = suite('budget');
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('all items are worked on in order, never more at a time than the budget allows, but at least one', async () => {
  const [begun, together]: [number[], number[]] = [[], []];
  let [spent, running] = [0, 0];
  await withinBudget(
    [3, 4, 5, 20, 1, 1],
    (cost) => cost,
    8,
    async (cost) => {
      begun.push(cost);
      spent += cost;
      running++;
      assert.ok(spent <= 8 || running === 1, `${running} items of ${spent}`);
      together.push(running);
      for (let i = 0; i < cost; i++) await turn();
      spent -= cost;
      running--;
    },
  );
  assert.equal(begun, [3, 4, 5, 20, 1, 1]);
  assert.is(Math.max(...together), 2);
});

test('a failure ends it: nothing more is begun, what runs is awaited', async () => {
  const [begun, ended]: [number[], number[]] = [[], []];
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    if (item === 2) throw new Error('two');
    for (let i = 0; i < 5; i++) await turn();
    ended.push(item);
  };
  const failing = withinBudget([1, 2, 3, 4], () => 1, 2, work);
  assert.is(await failing.catch((error: Error) => error.message), 'two');
  assert.equal([begun, ended], [[1, 2], [1]]);
});

test.run();
