/** The AssemblyScript compiler in workers of the browser. It is some megabytes that are loaded when something is to be compiled. */
import compiler from 'assemblyscript/package.json' with { type: 'json' };
import config from '../../../asconfig.json' with { type: 'json' };
import {
  type CompileAnswer,
  type CompileRequest,
  type CompilerEvents,
  Compilers,
  type CompilerThread,
} from '../../../runtime/wasm/compilers.ts';
import { startNested } from './nested.ts';

/** Each takes hundreds of megabytes, and time to load. */
const mostThreads = 2;

export function createCompilers(): Compilers {
  return new Compilers({
    version: compiler.version,
    config: JSON.stringify(config),
    threads: Math.min(navigator.hardwareConcurrency, mostThreads),
    start: startThread,
    later(milliseconds, then) {
      const timer = setTimeout(then, milliseconds);
      return () => clearTimeout(timer);
    },
  });
}

function startThread({ onAnswer, onFailure }: CompilerEvents): CompilerThread {
  // In two steps, so that bundlers copy the file as it is: it waits at its top level, which their formats for workers cannot.
  const file = new URL('./compiler.js', import.meta.url);
  return startNested<CompileRequest, CompileAnswer>(
    () => new Worker(file, { type: 'module', name: 'mmgem compiler' }),
    { onMessage: onAnswer, onFailure: (reason) => onFailure(reason || `${file} cannot be loaded`) },
  );
}
