import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { browserName } from '../../targets/browser/browser-name.ts';
import { webGpuWords } from '../../targets/browser/webgpu-words.ts';

const test = suite('what browsers are told');

const agents = {
  chromium:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36',
  edge: 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0',
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
  safari: 'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15',
};

test('browsers are called by name and version', () => {
  const names = Object.values(agents).map((userAgent) => browserName({ userAgent }));
  assert.equal(names, ['Chromium 156', 'Edge 150', 'Firefox 153', 'Safari 26']);
  assert.is(browserName({ userAgent: 'lynx' }), 'this browser');
});

test('absent WebGPU: the reason first, the remedy for this browser', () => {
  const of = (userAgent: string, isSecureContext = true) =>
    webGpuWords({ userAgent, isSecureContext, origin: 'http://192.168.1.7' });
  assert.match(of(agents.firefox, false).absent.reason, /secure contexts alone, and http:\/\/192\.168\.1\.7 is none/);
  assert.match(of(agents.firefox, false).absent.remedy, /https or from localhost, or open 'wasm'/);
  assert.match(of(agents.firefox).absent.remedy, /about:config, or open 'wasm'/);
  assert.match(of(agents.chromium).absent.remedy, /--enable-unsafe-webgpu/);
  assert.not.match(of(agents.edge).absent.remedy, /unsafe/);
  assert.match(of(agents.safari).absent.remedy, /26 or later/);
  assert.match(of(agents.chromium).noAdapter.remedy, /chrome:\/\/gpu/);
  assert.match(of('lynx').noAdapter.remedy, /another browser, or open 'wasm'/);
});

test.run();
