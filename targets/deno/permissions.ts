/** What Deno has to allow, said at once instead of one flag after another. */
import { BackendError } from '../../runtime/backend.ts';

/** Packages and models are read, kernels kept in the user's cache, whose place the environment and the home folder tell. */
const flags = '--allow-read --allow-write --allow-env --allow-sys';

/** Whether Deno refused something that its user has not allowed. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === 'NotCapable';
}

/** @throws BackendError with the flags to start Deno with, where `work` does what Deno does not allow */
export async function withRefusalsExplained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const [refusal = ''] = error.message.split(', run again');
    throw new BackendError(
      `Deno does not allow it: ${refusal}`,
      `Start Deno with ${flags} (images take --allow-ffi as well), or with -A`,
      { cause: error },
    );
  }
}
