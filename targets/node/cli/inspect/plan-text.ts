/** Memory plans, written for people. */
import { MmgemError } from '../../../../dsl/errors.ts';
import { evaluateExtent, type Sizes } from '../../../../dsl/extent.ts';
import type { Step } from '../../../../kernels/ir.ts';
import { outlineOf } from '../../../../kernels/outline.ts';
import { bytesOf } from '../../../../runtime/elements.ts';
import { planArena, planBuffers } from '../../../../runtime/memory.ts';
import type { MemoryPlanSummary } from '../../../../runtime/seam.ts';
import { formatBytes, formatTable } from '../table.ts';

/** What a step takes in memory for given sizes: on wasm one block, on WebGPU whole buffers. */
export function planOf(step: Step, sizes: Sizes, language: 'assembly' | 'wgsl'): MemoryPlanSummary {
  const missing = step.sizes.filter(({ name }) => sizes[name] === undefined).map(({ name }) => name);
  if (missing.length > 0) {
    const example = missing.map((name) => `${name}=4`).join(' --size ');
    throw new MmgemError(`program ${step.name} also needs the sizes ${missing.join(', ')}; add --size ${example}`);
  }
  const outline = outlineOf(step);
  return (language === 'assembly' ? planArena(outline, sizes) : planBuffers(outline, sizes)).summary;
}

export function planText(step: Step, sizes: Sizes, summary: MemoryPlanSummary): string {
  const given = step.sizes.map(({ name }) => `${name}=${sizes[name]}`).join(' ');
  const buffers = step.buffers
    .filter(({ role }) => role === 'temporary' || role === 'input' || role === 'output')
    .map(({ name, role, shape, size, dtype }) => ({
      name,
      role,
      shape,
      bytes: bytesOf(dtype, evaluateExtent(size, sizes)),
    }))
    .sort((a, b) => b.bytes - a.bytes);
  const shown = buffers
    .slice(0, 10)
    .map(({ name, role, shape, bytes }) => [`  ${name}`, role, shape, formatBytes(bytes)]);
  const more = buffers.length - shown.length;
  return [
    `memory of ${step.name} for ${given || 'its fixed sizes'}: peak ${formatBytes(summary.peak)}, beyond parameters and states`,
    formatTable(
      (['inputs', 'outputs', 'temporaries', 'lowerBound'] as const).map((name) => [
        `  ${name === 'lowerBound' ? 'alive at one time' : name}`,
        formatBytes(summary[name]),
      ]),
      ['left', 'right'],
    ),
    'largest buffers, one by one:',
    formatTable(shown, ['left', 'left', 'left', 'right']),
    ...(more > 0 ? [`  and ${more} smaller ones`] : []),
  ].join('\n');
}
