/** Outputs of a run on their way to the host: side by side in one staging buffer. */
import type { StepOutline } from '../../kernels/outline.ts';
import { matchOutputs, nameOf, type WantedOutput } from '../arguments.ts';
import { bytesOf, decodeElements } from '../elements.ts';
import type { HostArray, RunOptions } from '../seam.ts';
import { alignTo } from './buffers.ts';
import type { Range } from './placement.ts';

interface Landing extends WantedOutput {
  readonly offset: number;
  readonly bytes: number;
}

export class Outputs {
  /** What they take in the staging buffer. */
  readonly bytes: number;
  #landings: readonly Landing[];

  /** @throws MmgemError when one is wanted that the step has not, or an array for one does not fit. */
  constructor(step: StepOutline, elements: ReadonlyMap<string, number>, options: Pick<RunOptions, 'outputs' | 'into'>) {
    let end = 0;
    this.#landings = matchOutputs(step, options, elements).map((output) => {
      // Whole 8-byte words, since timestamps may follow.
      const landing = { ...output, offset: end, bytes: alignTo(bytesOf(output.declaration.dtype, output.count), 8) };
      end += landing.bytes;
      return landing;
    });
    this.bytes = end;
  }

  copyTo(encoder: GPUCommandEncoder, ranges: ReadonlyMap<string, Range>, staging: GPUBuffer): void {
    for (const { declaration, offset, bytes } of this.#landings) {
      const from = ranges.get(declaration.name)!;
      if (bytes > 0) encoder.copyBufferToBuffer(from.buffer, from.offset, staging, offset, bytes);
    }
  }

  decode(staged: Uint8Array<ArrayBuffer>): Record<string, HostArray> {
    return Object.fromEntries(
      this.#landings.map(({ declaration, count, into, offset, bytes }) => [
        nameOf(declaration),
        decodeElements(declaration.dtype, staged.subarray(offset, offset + bytes), count, into),
      ]),
    );
  }
}
