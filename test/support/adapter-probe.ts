/** Run as a program: prints the description of the adapter that Dawn finds, or exits with 1. */
import { create } from 'webgpu';

const gpu = create([]);
const adapter = await gpu.requestAdapter();
if (adapter === null) {
  console.error('requestAdapter() gave null');
  process.exitCode = 1;
} else {
  console.log(adapter.info.description);
}
