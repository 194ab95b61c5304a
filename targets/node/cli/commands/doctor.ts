/** `mmgem doctor`: which backends run here, and what the others need. */
import { availableParallelism, cpus } from 'node:os';
import type { Command } from 'commander';
import { backends } from '#backends';
import type { Target } from '../../../../kernels/ir.ts';
import type { BackendFactory, BackendOptions } from '../../../../runtime/backend.ts';
import { openEngine } from '../../../../runtime/engine.ts';
import { currentRuntime } from '../../runtime.ts';
import { addEngineOptions, backendOptions, type EngineOptions } from '../engine-options.ts';
import type { Answer, Run, Session } from '../session.ts';
import { formatTable, wrap } from '../table.ts';

/** What was found out about one backend. */
type Finding =
  | {
      readonly backend: string;
      readonly usable: true;
      readonly description: string;
      /** Why `auto` would rather take another one. */
      readonly drawback?: string;
      /** SIMD build, threads; adapter, limits. */
      readonly details: Readonly<Record<string, string | number | boolean>>;
      /** What kernels are printed for. */
      readonly target: Target;
    }
  | { readonly backend: string; readonly usable: false; readonly reason: string; readonly remedy: string };

export function registerDoctor(program: Command, run: Run): void {
  const command = program
    .command('doctor')
    .description('tell of every backend whether it runs here, or why not and what to install');
  addEngineOptions(command).action(run.action(doctor));
}

async function doctor(_session: Session, options: EngineOptions): Promise<Answer> {
  const asked = options.backend === 'auto' ? backends : backends.filter(({ name }) => name === options.backend);
  // An unknown name is told in the engine's words.
  if (asked.length === 0) await openEngine(options.backend, backends);
  const findings: Finding[] = [];
  for (const factory of asked) findings.push(await examine(factory, backendOptions(options)));
  const { name, version, v8 } = currentRuntime();
  const host = {
    [name.toLowerCase()]: version,
    v8,
    platform: `${process.platform}-${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    parallelism: availableParallelism(),
  };
  const usable = findings.filter((finding) => finding.usable);
  const text = [
    `${name} ${version} (V8 ${v8}) on ${host.platform}`,
    `${host.processor}, ${host.parallelism} thread${host.parallelism === 1 ? '' : 's'} at one time`,
    ...findings.map((finding) => `\n${describe(finding)}`),
    ...(usable.length === 0 ? ['\nNo backend runs here: install what one of them needs.'] : []),
  ].join('\n');
  return { json: { host, backends: findings }, text, ok: usable.length > 0 };
}

/** Opens the backend, since only that shows that it runs. */
async function examine(factory: BackendFactory, options: BackendOptions): Promise<Finding> {
  const backend = factory.name;
  const heeded = Object.fromEntries(
    Object.entries(options).filter(([name]) => (factory.options as readonly string[]).includes(name)),
  );
  const probe = await factory.probe(heeded);
  if (!probe.usable) return { backend, usable: false, reason: probe.reason, remedy: probe.remedy };
  try {
    const executor = await factory.open(heeded);
    try {
      const { description, details } = executor.info;
      const drawback = probe.drawback === undefined ? {} : { drawback: probe.drawback };
      return { backend, usable: true, description, ...drawback, details, target: executor.target };
    } finally {
      await executor.close();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { backend, usable: false, reason, remedy: 'Use another backend, and report this' };
  }
}

const indent = ' '.repeat(9);
const lineWidth = 100;

function describe(finding: Finding): string {
  const first = (mark: string, what: string): string => `${mark} ${finding.backend.padEnd(indent.length - 2)}${what}`;
  if (!finding.usable) {
    const lines = wrap(`${finding.reason}. ${finding.remedy}.`, lineWidth - indent.length);
    return [first('✗', 'not usable'), ...lines.map((line) => indent + line)].join('\n');
  }
  const { description, drawback, details } = finding;
  const rows = Object.entries(details).map(([name, value]) => [indent + name, `${value}`]);
  const passedOver = drawback === undefined ? [] : wrap(`auto prefers others: ${drawback}`, lineWidth - indent.length);
  return [first('✓', description), ...passedOver.map((line) => indent + line), formatTable(rows)].join('\n');
}
