/** The engine's own sessions: mmgem in a worker, as any page would use it. */
import type { RgbImage } from '../../../../model/preprocess/image.ts';
import { BackendError, type Probe } from '../../../../runtime/backend.ts';
import { describeAdapter } from '../../../../runtime/webgpu/device.ts';
import { openNavigatorGpu } from '../../../web/gpu.ts';
import { type Engine, type LoadState, load, type Model, open } from '../../index.ts';
import { webGpuWords } from '../../webgpu-words.ts';
import { stageOf } from './load-stage.ts';
import { prepare } from './prepare.ts';
import type { ModelSession, Sessions } from './session.ts';

/** The share of the progress until the backend is open. */
const openingShare = 0.05;

/** @param url of the model directory, relative to the page */
export function engineSessions(url: string): Sessions {
  return {
    probe: (backend) => (backend === 'webgpu' ? probeWebGpu() : probeWasm()),
    async open(backend, onProgress, onNote) {
      onProgress(0, 'Opening the backend');
      const engine = await open(backend);
      const onState = (state: LoadState): void => {
        onProgress(openingShare + (1 - openingShare) * state.done, stageOf(state));
      };
      try {
        const model = await load(url, { engine, prepare, onState, onWarning: onNote });
        return session(engine, model);
      } catch (error) {
        await engine.close();
        throw error;
      }
    },
  };
}

function session(engine: Engine, model: Model): ModelSession {
  const { config } = model;
  return {
    model: { name: nameOf(model.name), side: config.vision.image_size },
    description: [engine.info.description, ...lacksOf(engine.info)].join('. '),
    async embedImage(image) {
      return (await model.embedImages([image]))[0]!;
    },
    async embedText(text) {
      return (await model.embedTexts([text], { truncate: true }))[0]!;
    },
    caption: (image: RgbImage, { part, signal }) => model.caption(image, { ...part, signal }),
    locate: (image, text) => model.locate(image, text, { truncate: true }),
    memory: async () => engine.memory().current,
    lost: engine.lost.then(({ message }) => message),
    close: () => engine.close(),
  };
}

/** What the backend lacks here, what that means, and what to do about it, as the engine tells. */
function lacksOf({ backend, description, details }: Engine['info']): string[] {
  const alone = details['one thread'];
  if (typeof alone === 'string') return [alone];
  const lacksHalf = backend === 'webgpu' && !/\bwith\b.*\bf16\b/.test(description);
  return lacksHalf
    ? ['No half precision here (shader-f16): all is computed in single precision, as on WebAssembly']
    : [];
}

/** The last folder of a URL: `nano` of `https://…/models/nano/`. */
function nameOf(url: string): string {
  return url.split('/').filter(Boolean).at(-1) ?? url;
}

async function probeWebGpu(): Promise<Probe> {
  try {
    const host = await openNavigatorGpu(webGpuWords());
    host.release();
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    const drawback = 'A software driver, slower than WebAssembly';
    return {
      usable: true,
      description: describeAdapter(adapter!),
      ...(adapter!.info.isFallbackAdapter && { drawback }),
    };
  } catch (error) {
    if (error instanceof BackendError) return { usable: false, reason: error.reason, remedy: error.remedy };
    return { usable: false, reason: String(error), remedy: 'Use WebAssembly' };
  }
}

/** Whether it computes rightly shows when it is opened; every browser that this page runs in has it. */
async function probeWasm(): Promise<Probe> {
  if (typeof WebAssembly === 'undefined') {
    return { usable: false, reason: 'this browser has no WebAssembly', remedy: 'Use another browser, or switch it on' };
  }
  const threads = globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
  return { usable: true, description: threads === 1 ? 'one thread' : `${threads} threads` };
}
