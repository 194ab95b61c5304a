/** A step as one AssemblyScript module: every kernel an exported function, and the functions they share. */
import { MmgemError } from '../../dsl/errors.ts';
import { withoutNames } from '../alike.ts';
import type { AssemblyTarget, Kernel, Step, Variant } from '../ir.ts';
import type { AssemblyModule, PrintedAssembly } from '../printed.ts';
import { printAttention } from './attention.ts';
import { printContract } from './contract.ts';
import type { PrintContext, PrintedKernel } from './emitter.ts';
import { helperSources } from './helpers.ts';
import { printMap } from './map.ts';
import { printRow } from './row.ts';
import { printSelect } from './select.ts';
import { printStream } from './stream.ts';
import { assemblyVariants } from './variants.ts';

type KernelOf<K extends Kernel['kind']> = Extract<Kernel, { kind: K }>;

type Printer<K extends Kernel['kind']> = (
  kernel: KernelOf<K>,
  context: PrintContext,
  variant: Variant<AssemblyTarget>,
) => PrintedKernel;

const printers: { readonly [K in Kernel['kind']]: Printer<K> } = {
  map: printMap,
  row: printRow,
  contract: printContract,
  attention: printAttention,
  stream: printStream,
  select: printSelect,
};

/**
 * The variant for a kernel: the forced one where it fits, else the first that fits.
 * @throws MmgemError when the forced one does not exist, or nothing fits.
 */
export function chooseAssemblyVariant(kernel: Kernel, { target, force }: PrintContext): Variant<AssemblyTarget> {
  const ofKind = assemblyVariants.filter(({ kind }) => kind === kernel.kind);
  const names = ofKind.map(({ name }) => name).join(', ');
  const forced = force?.[kernel.kind];
  if (forced !== undefined && !ofKind.some(({ name }) => name === forced))
    throw new MmgemError(`there is no ${kernel.kind} variant ${forced} in AssemblyScript; there are ${names}`);
  const fitting = ofKind.filter((variant) => variant.fits(kernel, target));
  const chosen = fitting.find(({ name }) => name === forced) ?? fitting[0];
  if (!chosen) throw new MmgemError(`kernel ${kernel.name} fits none of the ${kernel.kind} variants ${names}`);
  return chosen;
}

function printKernel<K extends Kernel['kind']>(kernel: KernelOf<K>, context: PrintContext): PrintedKernel {
  const print = printers[kernel.kind as K];
  return print(kernel, context, chooseAssemblyVariant(kernel, context));
}

/**
 * Prints a step. Its functions take (args, tile, scratch), see emitter.ts.
 * @throws MmgemError when a forced variant does not exist, or a kernel cannot be printed for the target.
 */
export function printAssemblyModule(
  step: Step,
  target: AssemblyTarget,
  options: { readonly force?: Readonly<Record<string, string>> } = {},
): AssemblyModule {
  const context: PrintContext = { step, target, ...options };
  const printed = shareAlike(step.kernels.map((kernel) => printKernel(kernel, context)));
  const helpers = helperSources(new Set(printed.flatMap((kernel) => kernel.helpers)), target);
  const functions = [...new Set(printed.map(({ source }) => source))].map((source) =>
    printed.filter((kernel) => kernel.source === source),
  );
  const title = `// ${step.name}: ${printed.length} kernels in ${functions.length} functions, printed for ${target.simd} SIMD.`;
  const sources = functions.map(withUsers);
  return { source: `${[title, ...helpers, ...sources].join('\n\n')}\n`, kernels: printed.map(withoutSource) };
}

/** Lets kernels that differ in names alone use the function of the first of them. */
function shareAlike(printed: readonly PrintedKernel[]): PrintedKernel[] {
  const first = new Map<string, PrintedKernel>();
  return printed.map((kernel) => {
    const code = withoutNames(kernel.source);
    const same = first.get(code);
    if (!same) first.set(code, kernel);
    return same ? { ...kernel, entry: same.entry, source: same.source } : kernel;
  });
}

/** The source of a function, under a line that says which kernels it carries out if there are several. */
function withUsers(users: readonly PrintedKernel[]): string {
  const [{ source }] = users as [PrintedKernel];
  return users.length > 1 ? `// ${users.map(({ kernel }) => kernel).join(', ')}:\n${source}` : source;
}

function withoutSource({ kernel, entry, variant, tiles, buffers, scratchBytes }: PrintedKernel): PrintedAssembly {
  return { kernel, entry, variant, tiles, buffers, scratchBytes };
}
