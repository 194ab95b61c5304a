/**
 * Makes what the package brings: the identity of its code, the engine's own modules, and the kernels of its model for all SIMD builds,
 * which are found as long as the code is of that identity. They depend on the
 * configuration and the tokenizer alone, and nothing binary need be in git.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultGraphs } from '../../model/ahead.ts';
import { namedConfig } from '../../model/configs.ts';
import { modelTokenizer } from '../../model/load.ts';
import { simdBuilds } from '../../runtime/wasm/ahead.ts';
import { packagedTokenizer, packageRoot } from './package-files.ts';
import { writeModelKernels, writeOwnModules } from './wasm/ahead.ts';
import { recordCodeIdentity } from './wasm/identity.ts';
import { ownModulesFile } from './wasm/own-modules.ts';

const name = 'nano';
const config = namedConfig(name);
const store = packagedTokenizer(name)!;
const tokenizer = modelTokenizer(config, await store.readText('tokenizer.json'), store.name);
const folder = join(packageRoot(), 'model', name);

recordCodeIdentity();
await writeOwnModules(ownModulesFile);
await cp(ownModulesFile, join(packageRoot(), 'dist/targets/browser/workers/own-modules.safetensors'));
await writeModelKernels(folder, defaultGraphs(config, tokenizer), simdBuilds);
