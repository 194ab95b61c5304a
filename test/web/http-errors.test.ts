// Servers that fail for a while, for good, or send something else: tried again where that may help, and told in words.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type HttpStoreSettings, httpStore } from '../../targets/web/files/http-store.ts';
import { type Files, failsWith, failureOf, memoryStore } from '../files/support.ts';
import { answerFor, type Misbehaviour, serve, type TestServer } from './server.ts';
import { blockBytes, modelFiles, readWeights, testStore, weightsBytes, withManifest } from './support.ts';

const test = suite('bad servers');

const weights = 'model.safetensors';
const expected = await readWeights(memoryStore('memory', modelFiles));
const listed = withManifest(modelFiles);

interface Given {
  readonly files?: Files;
  readonly misbehave?: Misbehaviour;
  readonly ranges?: boolean;
  readonly settings?: Partial<HttpStoreSettings>;
}

/** What comes of reading a model's weights from a server. */
async function reading({ files = listed, misbehave = () => false, ranges = true, settings }: Given) {
  await using server = await serve(files);
  Object.assign(server, { misbehave, ranges });
  const { store, warnings } = testStore(server.url, {}, settings);
  const hash = await readWeights(store);
  return { hash, warnings, server: server as TestServer };
}

async function fails(given: Given, ...patterns: (RegExp | string)[]): Promise<void> {
  await failsWith(() => reading(given), ...patterns);
}

const always =
  (status: number, headers: Record<string, string> = {}): Misbehaviour =>
  (_request, response) => {
    response.writeHead(status, headers).end('<html>');
    return true;
  };

/** Only the weights, and the first so many times. */
const onWeights = (misbehave: Misbehaviour, times = Number.POSITIVE_INFINITY): Misbehaviour => {
  let left = times;
  return (request, response, path) => path === weights && left-- > 0 && misbehave(request, response, path);
};

/** Sends so many bytes of what was asked for, or of the whole file, and hangs up. */
const cutAfter =
  (bytes: number, ranges: boolean): Misbehaviour =>
  (request, response) => {
    const range = ranges ? request.headers.range : undefined;
    const { status, headers, body } = answerFor(Buffer.from(modelFiles[weights]!), range);
    response.writeHead(status, headers);
    response.write(body.subarray(0, bytes), () => setTimeout(() => request.socket.destroy(), 20));
    return true;
  };

test('what is not there', async () => {
  await fails({ files: {} }, /model: is no model directory, as it has no config\.json/);
  const { [weights]: _, ...rest } = modelFiles;
  await fails({ files: rest }, 'has no model.safetensors');
  await fails({ files: { ...rest, 'files.json': listed['files.json']! } }, `${weights}: is not there (404 Not Found)`);
  await using server = await serve(listed);
  await failsWith(() => testStore(server.url).store.open('none.bin'), 'none.bin: is not there. Check the name');
});

test('pages instead of files', async () => {
  const page = always(200, { 'content-type': 'text/html; charset=utf-8' });
  await fails({ misbehave: page }, 'model/config.json: an HTML page came instead of the file. Check the address');
  const login: Misbehaviour = (request, response, path) => {
    if (path === 'files.json') return false;
    if (path === 'login') return page(request, response, path);
    response.writeHead(302, { location: '/model/login' }).end();
    return true;
  };
  await fails({ misbehave: login }, /config\.json: an HTML page came .* \(redirected to http.*\/model\/login\)/);
});

test('refusals', async () => {
  await fails({ misbehave: always(403) }, 'config.json: the server refuses it (403 Forbidden)', 'mmgem manifest');
  await fails({ misbehave: always(401) }, 'the server refuses it (401 Unauthorized)');
  await fails({ misbehave: onWeights(always(400)) }, `${weights}: the server answered 400 Bad Request`);
});

test('servers that are busy for a while', async () => {
  for (const status of [429, 500, 503]) {
    let left = 2;
    const misbehave: Misbehaviour = (...given) => left-- > 0 && always(status)(...given);
    assert.is((await reading({ misbehave })).hash, expected);
  }
  await fails({ misbehave: always(503) }, /files\.json: .* after 4 tries: the server answered 503 Service Unavailable/);
});

test('connections that are cut', async () => {
  const forever = Number.POSITIVE_INFINITY;
  const cut = (times: number, bytes: number, ranges = true) => ({
    misbehave: onWeights(cutAfter(bytes, ranges), times),
    ranges,
  });
  const { hash, server } = await reading(cut(3, 30_000));
  assert.is(hash, expected);
  const resumed = server.requests.filter(({ range }) => range === `bytes=30000-${blockBytes - 1}`);
  assert.is(resumed.length, 1, 'goes on where it stopped');
  await fails(cut(forever, 0), `${weights}: could not be downloaded, after 4 tries: the connection was cut`);
  assert.is((await reading(cut(2, 100_000, false))).hash, expected);
  await fails(cut(forever, 100_000, false), 'after 4 tries: the connection was cut (');
});

test('connections that fall silent', async () => {
  const settings = { patience: 300 };
  const silent = onWeights(() => true);
  await fails({ misbehave: silent, settings }, 'after 4 tries: no answer came for 0.3 seconds', 'CORS');
  const stopping = onWeights((request, response) => {
    const { status, headers, body } = answerFor(Buffer.from(modelFiles[weights]!), request.headers.range);
    response.writeHead(status, headers);
    response.write(body.subarray(0, 100));
    return true;
  });
  await fails({ misbehave: stopping, settings }, 'after 4 tries: no byte came for 0.3 seconds', 'load again');
  const slow = onWeights((request, response) => {
    const { status, headers, body } = answerFor(Buffer.from(modelFiles[weights]!), request.headers.range);
    response.writeHead(status, headers);
    const step = Math.ceil(body.byteLength / 4);
    for (let i = 0; i < 4; i++) setTimeout(() => response.write(body.subarray(i * step, (i + 1) * step)), 100 * i);
    setTimeout(() => response.end(), 400);
    return true;
  }, 1);
  assert.is((await reading({ misbehave: slow, settings: { patience: 3000 } })).hash, expected);
});

test('truncated files', async () => {
  const short = (size: number): Files => ({ ...listed, [weights]: modelFiles[weights]!.slice(0, size) });
  const problem = (size: number) => `${weights}: has ${size} bytes on the server now, but ${weightsBytes} according to`;
  for (const ranges of [true, false]) {
    for (const size of [3 * blockBytes + 5, 100, 0])
      await fails({ files: short(size), ranges }, problem(size), 'upload');
  }
});

test('wrong bytes are fetched once more, and then an error', async () => {
  const damaged = Uint8Array.from(modelFiles[weights] as Uint8Array);
  damaged[2 * blockBytes + 7]! ^= 1;
  for (const ranges of [true, false]) {
    const given = { files: { ...listed, [weights]: damaged }, ranges };
    const { message } = await failureOf(() => reading(given));
    assert.match(message, /bytes 131072 to 196607 are not those that files\.json describes/);
    assert.match(message, /\(SHA-256 [0-9a-f]{64} came, [0-9a-f]{64} is due\)/);
    assert.match(message, /Make files\.json again with mmgem manifest and upload the whole folder/);
  }
  // Damaged on the way, once: nobody need know.
  const once = onWeights((request, response) => {
    const { status, headers, body } = answerFor(Buffer.from(damaged), request.headers.range);
    response.writeHead(status, headers).end(body);
    return true;
  }, 4);
  const { hash, server } = await reading({ misbehave: once });
  assert.is(hash, expected);
  const third = `bytes=${2 * blockBytes}-${3 * blockBytes - 1}`;
  assert.is(server.requests.filter(({ range }) => range === third).length, 2);
});

test('answers that do not fit the question', async () => {
  const send = (range: string, extra = 0) =>
    onWeights((request, response) => {
      const { status, headers, body } = answerFor(Buffer.from(modelFiles[weights]!), range || request.headers.range);
      const { 'content-length': _, ...rest } = headers;
      response.writeHead(status, rest).end(Buffer.concat([body, Buffer.alloc(extra)]));
      return true;
    });
  await fails({ misbehave: send('bytes=5-100') }, 'bytes from 5 came where those from 0 were asked for');
  await fails({ misbehave: send('', 10) }, `more bytes came than the ${blockBytes} asked for`);
  const unmeasured: Misbehaviour = ({ method }, response, path) => {
    const content = modelFiles[path];
    response.writeHead(content === undefined ? 404 : 200);
    response.end(method === 'HEAD' ? undefined : content);
    return true;
  };
  await fails({ files: modelFiles, misbehave: unmeasured }, 'config.json: the server tells no length', 'files.json');
  // The manifest tells the lengths.
  const withLengths: Misbehaviour = (...given) => given[2] !== 'files.json' && unmeasured(...given);
  assert.is((await reading({ misbehave: withLengths })).hash, expected);
});

test('faulty manifests', async () => {
  for (const [text, problem] of [
    ['{"format":"mmgem-files"', 'files.json: is not valid JSON'],
    ['{"name":"app"}', 'files.json: its format is not "mmgem-files"'],
  ] as const) {
    await fails({ files: { ...modelFiles, 'files.json': text } }, problem);
  }
});

test('addresses that are none', async () => {
  await failsWith(() => httpStore('models/nano'), 'models/nano: is no address', 'https://…');
  await failsWith(() => httpStore('file:///models'), 'is an address of file:', 'http: or https:');
  await failsWith(
    () => testStore('http://127.0.0.1:1/m').store.exists('config.json'),
    /127\.0\.0\.1:1\/m\/files\.json: could not be downloaded, after 2 tries: the server cannot be reached \(.*\)\. Check/,
    'CORS',
  );
});

test.run();
