/** Whom mmgem is measured against. */
import { jax } from './jax.ts';
import { onnxruntimeNode, onnxruntimeWeb } from './onnxruntime.ts';
import type { Peer } from './peer.ts';
import { tfjs } from './tfjs.ts';

export const peers: readonly Peer[] = [onnxruntimeNode, onnxruntimeWeb, jax, tfjs];
