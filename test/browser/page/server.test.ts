import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRange } from '../../../targets/node/web/ranges.ts';
import { fileOf, folderServer } from '../../../targets/node/web/server.ts';

const test = suite('the server of the page');

test('ranges of a file of ten bytes', () => {
  const cases: readonly (readonly [string | undefined, ReturnType<typeof parseRange>])[] = [
    [undefined, undefined],
    ['bytes=0-3', { first: 0, last: 3 }],
    ['bytes=4-', { first: 4, last: 9 }],
    ['bytes=-3', { first: 7, last: 9 }],
    ['bytes=-30', { first: 0, last: 9 }],
    ['bytes=8-99', { first: 8, last: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-3', undefined],
    ['bytes=0-1,3-4', undefined],
    ['bytes=-', undefined],
    ['lines=1-2', undefined],
  ];
  for (const [header, range] of cases) assert.equal(parseRange(header, 10), range, header ?? 'no header');
});

test('nothing outside of the folder has an address', () => {
  const folder = join(tmpdir(), 'page');
  assert.is(fileOf(folder, '/'), join(folder, 'index.html'));
  assert.is(fileOf(folder, '/models/nano/config.json?x=1'), join(folder, 'models', 'nano', 'config.json'));
  for (const url of ['/../secret', '/%2e%2e/secret', '/a/../../secret', '/%', '/a%00b', '/../page-of-others/x']) {
    assert.is(fileOf(folder, url), undefined, url);
  }
});

async function served(isolated: boolean, work: (origin: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mmgem-served-'));
  await writeFile(join(folder, 'index.html'), 'hello page');
  await writeFile(join(folder, 'empty.json'), '');
  const server = folderServer(folder, { isolated });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  }
}

test('files, parts of files, and what is not there', () =>
  served(true, async (origin) => {
    const whole = await fetch(`${origin}/`);
    assert.equal([whole.status, await whole.text()], [200, 'hello page']);
    assert.is(whole.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.is(whole.headers.get('cross-origin-opener-policy'), 'same-origin');
    assert.is(whole.headers.get('cross-origin-embedder-policy'), 'require-corp');
    const part = await fetch(`${origin}/`, { headers: { range: 'bytes=6-' } });
    assert.equal([part.status, await part.text()], [206, 'page']);
    assert.is(part.headers.get('content-range'), 'bytes 6-9/10');
    const beyond = await fetch(`${origin}/`, { headers: { range: 'bytes=10-' } });
    assert.equal([beyond.status, beyond.headers.get('content-range')], [416, 'bytes */10']);
    const same = await fetch(`${origin}/`, { headers: { 'if-none-match': whole.headers.get('etag')! } });
    assert.is(same.status, 304);
    assert.is(await (await fetch(`${origin}/empty.json`)).text(), '');
    assert.is((await fetch(`${origin}/none`)).status, 404);
    assert.is((await fetch(`${origin}/`, { method: 'POST' })).status, 405);
    const head = await fetch(`${origin}/`, { method: 'HEAD' });
    assert.equal([head.status, head.headers.get('content-length'), await head.text()], [200, '10', '']);
  }));

test('without isolation there are no such headers', () =>
  served(false, async (origin) => {
    const answer = await fetch(`${origin}/`);
    assert.is(answer.headers.get('cross-origin-opener-policy'), null);
    assert.is(answer.headers.get('cross-origin-embedder-policy'), null);
  }));

test.run();
