/** Who takes part where: what the processes that try contenders answer decides. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseOptions } from '../../bench/options.ts';
import { type Asked, findUsable } from '../../bench/probe.ts';
import { casesOf } from '../../bench/run.ts';
import { suiteNamed } from '../../bench/suites/suites.ts';

const test = suite('bench probe');

/** What contenders answer: why they are measured only when named; an error where they cannot run. */
const answers: Readonly<Record<string, string | Error>> = {
  'wasm-wide': new Error('needs Node 24'),
  dawn: 'llvmpipe is a software driver',
  'firefox-wasm': new Error('firefox is not installed: install it'),
};

async function probed(...args: readonly string[]) {
  const tried: string[] = [];
  const asked: Asked = (ask) =>
    ask({
      ask: async (_kind: string, { contender }: { contender: string }) => {
        tried.push(contender);
        const answer = answers[contender];
        if (answer instanceof Error) throw answer;
        return answer;
      },
    } as unknown as Parameters<typeof ask>[0]);
  const options = parseOptions(args);
  const cases = options.suites.map(suiteNamed).flatMap((one) => casesOf(one, options));
  const { backends, hosts, best, unusable } = await findUsable(options, cases, asked, () => {});
  const names = (list: typeof hosts): string[] => list.map(({ name }) => name);
  return { tried, backends: names(backends), hosts: names(hosts), best, unusable };
}

test('beside browsers stand the best build and a GPU in software; who is missing is named with the reason', async () => {
  const { backends, hosts, best, unusable } = await probed('--suite', 'browser');
  assert.is(best, 'wasm-relaxed');
  assert.equal(backends, ['wasm-relaxed', 'wasm-baseline']);
  const pages = ['chromium-wasm', 'chromium-wasm-1', 'chromium-webgpu', 'firefox-wasm-1', 'firefox-webgpu'];
  assert.equal(hosts, ['wasm-relaxed', 'dawn', ...pages]);
  assert.equal(unusable, {
    'wasm-wide': 'needs Node 24',
    'firefox-wasm': 'firefox is not installed: install it',
  });
});

test('without a model no browser is tried', async () => {
  const { tried, unusable } = await probed('--suite', 'vit', '--quick');
  assert.equal(tried, ['wasm-wide', 'wasm-relaxed', 'wasm-baseline', 'dawn']);
  assert.match(unusable.dawn!, /^llvmpipe is a software driver[.] Name it with --backend to measure it$/);
});

test('where other suites run, too, it is said that a GPU in software is not in them', async () => {
  const { unusable } = await probed('--suite', 'vit,browser', '--quick');
  assert.match(unusable.dawn!, 'It is measured beside browsers alone; name it with --backend for all suites');
});

test('of builds that nobody named, the first that runs is enough', async () => {
  const { tried, hosts } = await probed('--suite', 'browser', '--backend', 'wasm', '--browser', 'none');
  assert.equal([tried, hosts], [['wasm-wide', 'wasm-relaxed'], ['wasm-relaxed']]);
});

test.run();
