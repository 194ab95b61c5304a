/** `mmgem inspect`: what becomes of a model's programs on their way to code. Needs no device. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { MmgemError } from '../../../../dsl/errors.ts';
import { type MmgemConfig, parseConfig } from '../../../../model/config.ts';
import { namedConfig, namedConfigs } from '../../../../model/configs.ts';
import { readJson } from '../../../../model/files/source.ts';
import { modelGraph } from '../../../../model/graph/model.ts';
import { buildProgram, type ProgramName, programNames } from '../../../../model/graph/programs.ts';
import { parameterCount } from '../../../../model/parameters.ts';
import { directoryStore } from '../../files.ts';
import { planOf } from '../inspect/plan-text.ts';
import { Inspection, type InspectTargets, type SectionName, sectionNames, sections } from '../inspect/sections.ts';
import { choice, sizeValue, wholeNumber } from '../options.ts';
import type { Answer, Run, Session } from '../session.ts';
import { formatTable } from '../table.ts';

type InspectOptions = Readonly<Partial<Record<SectionName, boolean>>> & {
  readonly program?: string;
  readonly size?: Readonly<Record<string, number>>;
  readonly target: 'wgsl' | 'assembly';
  readonly simd: 'baseline' | 'relaxed' | 'wide';
  readonly storage: 'f32' | 'f16' | 'bf16';
  readonly subgroups: boolean;
  readonly f16: boolean;
  readonly storageBuffers: number;
};

/** What every WebGPU device has. */
const defaultLimits = { maxWorkgroupStorage: 16384, maxInvocations: 256 };
const defaultStorageBuffers = 8;

export function registerInspect(program: Command, run: Run): void {
  const command = program
    .command('inspect')
    .argument(
      '<model>',
      `a model directory, of which only config.json is read, or ${Object.keys(namedConfigs).join(', ')}`,
    )
    .description(
      "print a model's programs: graph, fused groups, kernels as data, shaders, memory; without --program, what programs there are",
    )
    .option('--program <name>', 'the program to print');
  for (const name of sectionNames) command.option(`--${name}`, `print ${sections[name].description}`);
  command
    .option('--size <name=number>', 'a size for the memory plan; may be repeated', sizeValue)
    .addOption(
      choice('--target <language>', 'whose groups, kernels and memory are shown', ['assembly', 'wgsl'], 'assembly'),
    )
    .addOption(choice('--simd <build>', 'SIMD build of the AssemblyScript', ['baseline', 'relaxed', 'wide'], 'relaxed'))
    .addOption(choice('--storage <type>', 'how weight matrices are stored', ['f32', 'f16', 'bf16'], 'f32'))
    .option('--no-subgroups', 'WGSL without subgroup operations')
    .option('--no-f16', 'WGSL without half precision')
    .option('--storage-buffers <number>', 'storage buffers of a WGSL kernel', wholeNumber(4), defaultStorageBuffers)
    .action(run.action(inspect));
}

async function inspect(_session: Session, model: string, options: InspectOptions): Promise<Answer> {
  const config = await configOf(model);
  const wanted = sectionNames.filter(
    (name) => options[name] === true || (name === 'plan' && options.size !== undefined),
  );
  if (options.program !== undefined) return inspectProgram(config, programNamed(options.program), wanted, options);
  if (wanted.length > 0) {
    throw new MmgemError(
      `--${wanted[0]} prints one program; add --program NAME, NAME being one of ${programNames.join(', ')}`,
    );
  }
  return listPrograms(model, config, options);
}

/** The configuration alone: nothing is run, so that no weights are needed. */
async function configOf(model: string): Promise<MmgemConfig> {
  if (Object.hasOwn(namedConfigs, model)) return namedConfig(model);
  if (!existsSync(model)) {
    throw new MmgemError(
      `${model}: there is no such model directory, and no configuration of this name. ` +
        `Name a directory with a config.json, or one of ${Object.keys(namedConfigs).join(', ')}.`,
    );
  }
  return parseConfig(await readJson(directoryStore(model), 'config.json'), `${model}/config.json`);
}

function programNamed(name: string): ProgramName {
  const found = programNames.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  throw new MmgemError(`unknown program '${name}'; there are ${programNames.join(', ')}`);
}

function inspectionOf(config: MmgemConfig, name: ProgramName, options: InspectOptions): Inspection {
  const { subgroups, f16, simd, target, storage, storageBuffers } = options;
  const targets: InspectTargets = {
    wgsl: { language: 'wgsl', subgroups, f16, maxStorageBuffers: storageBuffers, ...defaultLimits },
    assembly: { language: 'assembly', simd },
    chosen: target,
    sizes: options.size ?? {},
  };
  const { emb, cap, bos } = config.tokens;
  // Which tokens may be generated is up to the tokenizer; the kernels are the same whatever it says.
  const generable = { below: config.language.vocab_size, except: [emb, cap, bos] };
  return new Inspection(buildProgram(name, modelGraph(config, { storage }), { generable, candidates: 4 }), targets);
}

function inspectProgram(
  config: MmgemConfig,
  name: ProgramName,
  wanted: readonly SectionName[],
  options: InspectOptions,
): Answer {
  const inspection = inspectionOf(config, name, options);
  // A plan needs sizes, which only the user knows.
  const shown = wanted.length > 0 ? wanted : sectionNames.filter((section) => section !== 'plan');
  const texts = shown.map((section) => [section, sections[section].text(inspection)] as const);
  const { step } = inspection.chosen;
  const { sizes, chosen } = inspection.targets;
  const data = {
    ...(shown.includes('kernels') && { step }),
    ...(shown.includes('plan') && { memory: planOf(step, sizes, chosen) }),
  };
  return {
    json: { program: name, ...Object.fromEntries(texts), ...data },
    text: texts.map(([section, text]) => (texts.length > 1 ? `${heading(section)}\n${text}` : text)).join('\n\n'),
  };
}

const heading = (section: SectionName): string => `──── ${section} ${'─'.repeat(70 - section.length)}`;

function listPrograms(model: string, config: MmgemConfig, options: InspectOptions): Answer {
  const { vision, language } = config;
  const programs = programNames.map((name) => {
    const inspection = inspectionOf(config, name, options);
    const { step } = inspection.chosen;
    const kinds = new Map<string, number>();
    for (const { kind } of step.kernels) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    return {
      program: name,
      nodes: inspection.graph.nodes.length,
      kernels: step.kernels.length,
      kinds: Object.fromEntries(kinds),
      sizes: step.sizes.map((size) => size.name),
    };
  });
  const parameters = parameterCount(config);
  const rows = programs.map(({ program, nodes, kernels, kinds, sizes }) => [
    program,
    `${nodes}`,
    `${kernels}`,
    Object.entries(kinds)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', '),
    sizes.join(', '),
  ]);
  const text = [
    `${model}: ${(parameters / 1e6).toFixed(1)} M parameters`,
    `  vision    ${vision.layers} layers of width ${vision.width}, ${vision.heads} heads, ${vision.image_size} px in patches of ${vision.patch_size}`,
    `  language  ${language.layers} layers of width ${language.hidden_size}, ${language.heads} heads (${language.kv_heads} for keys and values), ${language.vocab_size} tokens`,
    `  embedding ${config.embedding_size}`,
    '',
    formatTable([['program', 'nodes', 'kernels', 'of which', 'sizes'], ...rows], ['left', 'right', 'right']),
    '',
    `mmgem inspect ${model} --program NAME prints one of them.`,
  ].join('\n');
  return { json: { model, parameters, config, programs }, text };
}
