/** `npm run web`: builds the page, then serves it or leaves its files in a folder. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Command } from 'commander';
import { MmgemError } from '../../../model/errors.ts';
import { formatBytes } from '../../../model/page/units.ts';
import { wholeNumber } from '../cli/options.ts';
import { packageRoot } from '../package-files.ts';
import { type Built, buildPage } from './build.ts';
import { folderServer } from './server.ts';

interface WebOptions {
  readonly out?: string;
  readonly port: number;
  readonly host: string;
  readonly isolation: boolean;
  readonly model?: string;
}

const untrained =
  'The model is random: this copy of mmgem has no trained weights. Its captions mean nothing, and the page says so.';

async function web({ out, port, host, isolation, model }: WebOptions): Promise<void> {
  const folder = out ?? join(packageRoot(), 'dist', 'web');
  if (out !== undefined) await checkFree(out);
  await rm(folder, { recursive: true, force: true });
  const built = await buildPage({ out: folder, ...(model !== undefined && { model }) });
  report(built);
  if (out !== undefined)
    return console.log(`${out}: the page, to be served by any web server; see targets/browser/page/README.md`);
  const server = folderServer(folder, { isolated: isolation });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve)).catch(
    (error: unknown) => {
      throw new MmgemError(
        `port ${port} of ${host} cannot be listened on (${String(error)}). Choose another one: --port.`,
      );
    },
  );
  const { port: chosen } = server.address() as AddressInfo;
  const shown = host === '127.0.0.1' ? 'localhost' : host;
  console.log(`http://${shown}:${chosen}/${isolation ? '' : ' (not isolated: one thread)'}`);
}

function report({ code, origin }: Built): void {
  console.log(`Code and styles: ${formatBytes(code)}, before compression`);
  if (origin === 'random') console.log(untrained);
}

/** A folder is only written over when it holds an earlier page, or nothing. */
async function checkFree(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new MmgemError(`${folder}: cannot be used (${error.message}). Name a folder.`);
  });
  if (names.length === 0 || existsSync(join(folder, 'page.json'))) return;
  throw new MmgemError(`${folder}: is not empty and holds no earlier page. Name another folder, or empty it.`);
}

const program = new Command('npm run web --')
  .description('the page that shows a model in the browser')
  .option('-o, --out <folder>', 'write the files there instead of serving them')
  .option('-p, --port <number>', 'port to listen on; 0 for any that is free', wholeNumber(), 8080)
  .option('--host <name>', 'address to listen on', '127.0.0.1')
  .option('--no-isolation', 'serve without the headers that give pages threads, as most static hosts do')
  .option('-m, --model <folder>', "a model directory instead of the package's own")
  .action(web);
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof MmgemError)) throw error;
  console.error(`mmgem: ${error.message}`);
  process.exitCode = 1;
}
