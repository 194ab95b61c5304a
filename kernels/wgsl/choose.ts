/** The choice among variants. */
import { MmgemError } from '../../dsl/errors.ts';
import type { Kernel } from '../ir.ts';
import type { WgslContext, WgslVariant } from './variant.ts';
import { wgslVariants } from './variants.ts';

/**
 * The variant to use: the forced one, or the first that fits.
 * @throws MmgemError when the forced one does not exist or cannot carry out the kernel, or when none can.
 */
export function chooseVariant(kernel: Kernel, context: WgslContext, force?: string): WgslVariant {
  const ofKind = wgslVariants.filter(({ kind }) => kind === kernel.kind);
  if (force !== undefined) {
    const forced = ofKind.find(({ name }) => name === force);
    if (!forced)
      throw new MmgemError(
        `there is no ${kernel.kind} variant ${force}; there are ${ofKind.map(({ name }) => name).join(', ')}`,
      );
    const why = forced.unable(kernel, context);
    if (why) throw new MmgemError(`kernel ${kernel.name} cannot use the ${kernel.kind} variant ${force}: ${why}`);
    return forced;
  }
  const chosen = ofKind.find((variant) => variant.fits(kernel, context));
  if (chosen) return chosen;
  const reasons = ofKind.map((variant) => `${variant.name}: ${variant.unable(kernel, context) ?? 'only when forced'}`);
  throw new MmgemError(`kernel ${kernel.name} fits no ${kernel.kind} variant (${reasons.join('; ')})`);
}
