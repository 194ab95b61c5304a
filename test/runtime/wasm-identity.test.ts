import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeIdentity, identityOf } from '../../targets/node/wasm/identity.ts';
import { repositoryRoot } from '../support/repository.ts';

const test = suite('wasm identity');
const folder = mkdtempSync(join(tmpdir(), 'mmgem-code-'));
test.after(() => rmSync(folder, { recursive: true }));

test('code is known by its contents: any change of dsl/ or kernels/ makes it other code, and nothing else does', () => {
  const root = pathToFileURL(`${folder}/`);
  for (const part of ['dsl', 'kernels']) cpSync(join(repositoryRoot, part), join(folder, part), { recursive: true });
  const before = identityOf(root);
  assert.match(before, /^[0-9a-f]{64}$/);
  writeFileSync(join(folder, 'kernels', 'README.md'), 'other words');
  writeFileSync(join(folder, 'kernels', 'layout.d.ts'), '');
  assert.is(identityOf(root), before);
  const seen = new Set([before]);
  for (const [file, text] of [
    ['dsl/ops/select.ts', '// changed'],
    ['kernels/assembly/tile.ts', '// changed'],
    ['kernels/new.ts', ''],
  ] as const) {
    writeFileSync(join(folder, file), text);
    seen.add(identityOf(root));
  }
  assert.is(seen.size, 4);
});

test('in a clone the code is read, whatever was written down for the package', () => {
  const record = new URL('../../code-identity', import.meta.url);
  writeFileSync(record, 'of other code');
  try {
    assert.is(codeIdentity(), identityOf(new URL('../../', import.meta.url)));
  } finally {
    rmSync(record);
  }
});

test.run();
