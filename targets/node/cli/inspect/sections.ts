/** What `mmgem inspect` can show of a program. */
import { type Graph, printGraph, type Sizes } from '../../../../dsl/index.ts';
import { printAssemblyModule } from '../../../../kernels/assembly/module.ts';
import { type Compilation, compile } from '../../../../kernels/compile.ts';
import type { AssemblyTarget, WgslTarget } from '../../../../kernels/ir.ts';
import { printWgslStep } from '../../../../kernels/wgsl/print.ts';
import { groupsText } from './group-text.ts';
import { stepText } from './kernel-text.ts';
import { planOf, planText } from './plan-text.ts';

/** What programs are compiled and printed for. */
export interface InspectTargets {
  readonly wgsl: WgslTarget;
  readonly assembly: AssemblyTarget;
  /** Which of them groups, kernels and memory are shown of. */
  readonly chosen: 'wgsl' | 'assembly';
  readonly sizes: Sizes;
}

/** A program on its way through the passes, each target compiled once. */
export class Inspection {
  readonly graph: Graph;
  readonly targets: InspectTargets;
  readonly #compiled = new Map<string, Compilation>();

  constructor(graph: Graph, targets: InspectTargets) {
    this.graph = graph;
    this.targets = targets;
  }

  compiledFor(language: 'wgsl' | 'assembly'): Compilation {
    let compiled = this.#compiled.get(language);
    if (!compiled) {
      compiled = compile(this.graph, this.targets[language]);
      this.#compiled.set(language, compiled);
    }
    return compiled;
  }

  get chosen(): Compilation {
    return this.compiledFor(this.targets.chosen);
  }
}

interface Section {
  readonly description: string;
  text(inspection: Inspection): string;
}

/** Names of options, and what each prints. */
export const sections = {
  graph: {
    description: 'the graph, a line a node',
    text: ({ graph }) => printGraph(graph),
  },
  groups: {
    description: 'what fusion puts into one kernel',
    text: ({ chosen }) => groupsText(chosen.fused),
  },
  kernels: {
    description: 'buffers and kernels, as data',
    text: ({ chosen }) => stepText(chosen.step),
  },
  wgsl: {
    description: 'the shaders, in WGSL',
    text: (inspection) => {
      const shaders = printWgslStep(inspection.compiledFor('wgsl').step, inspection.targets.wgsl);
      return shaders.map(({ source }) => source.trimEnd()).join('\n\n');
    },
  },
  assembly: {
    description: 'the module, in AssemblyScript',
    text: (inspection) =>
      printAssemblyModule(inspection.compiledFor('assembly').step, inspection.targets.assembly, {}).source.trimEnd(),
  },
  plan: {
    description: 'memory for the values that --size gives',
    text: ({ chosen: { step }, targets: { sizes, chosen } }) => planText(step, sizes, planOf(step, sizes, chosen)),
  },
} satisfies Readonly<Record<string, Section>>;

export type SectionName = keyof typeof sections;
export const sectionNames = Object.keys(sections) as readonly SectionName[];
