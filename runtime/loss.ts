/** The loss of a device, and the error that tells it. */
import { MmgemError } from '../dsl/errors.ts';

/** Why a device is gone. There is one such object a loss, by which calls know whether they failed of the same one. */
export interface DeviceLoss {
  /** WebGPU's `destroyed` (by a program) or `unknown` (by the driver or the system); `thread` where a worker thread ended. */
  readonly reason: string;
  readonly message: string;
}

/** A call failed because its device is gone, with the stores and executables that were on it. */
export class DeviceLostError extends MmgemError {
  override name = 'DeviceLostError';
  readonly loss: DeviceLoss;
  /** What was lost and why, without a remedy. */
  readonly summary: string;

  /** @param device for the message: `the GPU device llvmpipe` */
  constructor(device: string, loss: DeviceLoss) {
    const summary = `${device} was lost (${loss.reason}: ${loss.message.replace(/\.$/, '')})`;
    super(`${summary}. What it held is gone: open the engine again and load the weights again`);
    this.loss = loss;
    this.summary = summary;
  }
}
