/** Calls to a page over its server, and a page that does not answer. The page is played by `fetch`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Call, paths } from '../../bench/browser/calls.ts';
import { PageLink } from '../../bench/browser/page-link.ts';
import { temporaryFolder } from '../browser/support/temporary-folder.ts';

const test = suite('bench page link');

async function linked(use: (link: PageLink) => Promise<void>, patience = 20_000): Promise<void> {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'model'));
  await writeFile(join(folder.path, 'model', 'config.json'), '{}');
  await using link = await PageLink.open(folder.path, { isolated: true, patience });
  await use(link);
}

const nextCall = async ({ origin }: PageLink): Promise<Call | null> => (await fetch(`${origin}${paths.call}`)).json();

const answer = async ({ origin }: PageLink, outcome: object): Promise<void> => {
  await fetch(`${origin}${paths.outcome}`, { method: 'POST', body: JSON.stringify(outcome) });
};

async function messageOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the call succeeded');
}

test('a page that asks first and one that asks late get the same call', () =>
  linked(async (link) => {
    const asked = nextCall(link);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const early = link.call('start', 'image', { backend: 'wasm' });
    assert.equal(await asked, { name: 'start', given: ['image', { backend: 'wasm' }] });
    await answer(link, { value: 'Firefox 153' });
    assert.is(await early, 'Firefox 153');

    const late = link.call('sample');
    assert.equal(await nextCall(link), { name: 'sample', given: [] });
    await answer(link, { value: 12.5 });
    assert.is(await late, 12.5);
  }));

test('what goes wrong on the page is the error of the call', () =>
  linked(async (link) => {
    const called = messageOf(link.call('run'));
    await nextCall(link);
    await answer(link, { error: 'no adapter' });
    assert.is(await called, 'no adapter');
  }));

test('a page that does not answer in time is given up', () =>
  linked(async (link) => {
    const called = messageOf(link.call('run'));
    await nextCall(link);
    assert.is(await called, 'the page did not answer in 0.2 s');
    assert.is(await messageOf(link.call('run')), 'the page did not answer in 0.2 s');
  }, 200));

test('a browser that ends rejects what is awaited', () =>
  linked(async (link) => {
    const called = messageOf(link.call('run'));
    link.fail('the browser ended with SIGKILL');
    assert.is(await called, 'the browser ended with SIGKILL');
  }));

test('files are served beside calls, isolated', () =>
  linked(async ({ origin }) => {
    const response = await fetch(`${origin}/model/config.json`);
    assert.is(await response.text(), '{}');
    assert.is(response.headers.get('cross-origin-opener-policy'), 'same-origin');
  }));

test.run();
