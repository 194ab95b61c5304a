/** `mmgem kernels`: a model's kernels for WebAssembly, compiled ahead. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { simdBuilds } from '../../../../runtime/wasm/ahead.ts';
import type { SimdBuild } from '../../../../runtime/wasm/host.ts';
import { writeModelKernels } from '../../wasm/ahead.ts';
import { graphsOf } from '../../wasm/model-graphs.ts';
import { choice } from '../options.ts';
import type { Answer, Run, Session } from '../session.ts';
import { formatBytes, formatTable } from '../table.ts';

export function registerKernels(program: Command, run: Run): void {
  program
    .command('kernels')
    .argument('<model>', 'a model directory; its weights are not read')
    .description("compile a model's kernels for WebAssembly ahead, so that it starts at once wherever it is copied to")
    .addOption(choice('--simd <build>', 'for one SIMD build; for all of them unless told', [...simdBuilds]))
    .action(run.action(kernels));
}

async function kernels({ progress }: Session, model: string, { simd }: { readonly simd?: SimdBuild }): Promise<Answer> {
  const graphs = await graphsOf(model);
  const builds = simd === undefined ? simdBuilds : [simd];
  const files = await writeModelKernels(model, graphs, builds, (build, graph, done) =>
    progress.report(`compiling for ${build}`, done, graphs.length, graph),
  );
  const rows = files.map(({ file, bytes }) => [`  ${basename(file)}`, formatBytes(bytes)]);
  return {
    json: { model, programs: graphs.map(({ name }) => name), files },
    text: `${model}/kernels: ${graphs.length} programs\n${formatTable(rows, ['left', 'right'])}`,
  };
}
