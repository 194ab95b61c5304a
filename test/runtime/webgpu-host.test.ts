/** What the WebGPU executor works out without a GPU. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { extent, symbol } from '../../dsl/extent.ts';
import { countWorkgroups, foldGrid } from '../../runtime/webgpu/dispatch.ts';
import { formatBytes } from '../../runtime/webgpu/format.ts';
import { describeDrivers, findDriverManifests } from '../../targets/node/dawn/drivers.ts';
import { prepareMesa } from '../../targets/node/dawn/mesa.ts';

const host = suite('webgpu host');

host('tiles are counted up, and their product taken', () => {
  const tiles = [
    { extent: symbol('B'), per: 1 },
    { extent: extent(65), per: 32 },
    { extent: symbol('N'), per: 4 },
  ];
  assert.is(countWorkgroups(tiles, { B: 2, N: 9 }), 2 * 3 * 3);
  assert.is(countWorkgroups(tiles, { B: 0, N: 9 }), 0);
  assert.is(countWorkgroups([], {}), 1);
});

host('a grid holds every workgroup, with less than a row to spare', () => {
  const most = 100;
  for (let count = 0; count <= most * most; count += count < 300 ? 1 : 37) {
    const [x, y] = foldGrid(count, most, 'kernel k');
    assert.ok(x <= most && y <= most, `${count}: ${x} × ${y}`);
    assert.ok(x * y >= count && x * y - count < y, `${count}: ${x} × ${y}`);
  }
  assert.throws(() => foldGrid(most * most + 1, most, 'kernel k'), /kernel k needs 10001 workgroups/);
});

host('bytes are shown in the unit that fits', () => {
  assert.equal([0, 999, 1000, 134217728, 4e9].map(formatBytes), ['0 B', '999 B', '1.0 kB', '134.2 MB', '4.0 GB']);
});

host('drivers are found as the Vulkan loader finds them', () => {
  const root = mkdtempSync(join(tmpdir(), 'mmgem-drivers-'));
  try {
    const folder = join(root, 'vulkan', 'icd.d');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'some_icd.json'), '{}');
    writeFileSync(join(folder, 'notes.txt'), '');
    const { from, files } = findDriverManifests({ XDG_DATA_DIRS: root });
    assert.is(from, 'the system');
    assert.ok(files.includes(join(folder, 'some_icd.json')));
    assert.not.ok(files.some((file) => file.endsWith('.txt')));
  } finally {
    rmSync(root, { recursive: true });
  }
  const named = findDriverManifests({ VK_DRIVER_FILES: '/a.json:/b.json', XDG_DATA_DIRS: root });
  assert.equal(named, { from: 'VK_DRIVER_FILES', files: ['/a.json', '/b.json'] });
});

host('what is missing is named, and what to install', () => {
  const { found, remedy } = describeDrivers({ VK_ICD_FILENAMES: '/no/such.json' }, 'linux');
  assert.match(found, /VK_ICD_FILENAMES names \/no\/such\.json \(which does not exist\)/);
  assert.match(remedy, /mesa-vulkan-drivers/);
  assert.match(remedy, /bookworm-backports/);
  assert.match(describeDrivers({}, 'darwin').found, /Metal/);
});

host('Mesa is set up only where the environment does not say', () => {
  const bare: Record<string, string | undefined> = {};
  prepareMesa(bare);
  assert.equal(bare, { XDG_RUNTIME_DIR: tmpdir(), LP_NATIVE_VECTOR_WIDTH: '128' });
  const gone: Record<string, string | undefined> = { XDG_RUNTIME_DIR: '/no/such/folder' };
  prepareMesa(gone);
  assert.is(gone.XDG_RUNTIME_DIR, tmpdir());
  const session: Record<string, string | undefined> = { XDG_RUNTIME_DIR: '/', LP_NATIVE_VECTOR_WIDTH: '256' };
  prepareMesa(session);
  assert.equal(session, { XDG_RUNTIME_DIR: '/', LP_NATIVE_VECTOR_WIDTH: '256' });
});

host.run();
