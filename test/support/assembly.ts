/** Compiles printed AssemblyScript and runs it on plain arrays, on one thread: what tests and benchmarks of the printer need. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { type StorageType, storageTypes } from '../../dsl/dtype.ts';
import { evaluateExtent, type Sizes } from '../../dsl/extent.ts';
import { printAssemblyModule } from '../../kernels/assembly/module.ts';
import type { AssemblyTarget, Step } from '../../kernels/ir.ts';
import type { AssemblyModule, PrintedAssembly } from '../../kernels/printed.ts';
import { compileAssembly } from '../../runtime/wasm/compile.ts';
import type { Buffers } from './evaluate-step.ts';
import { repositoryRoot } from './repository.ts';

// Node 20 has relaxed SIMD behind a flag, Node 24 and later can make one 256-bit operation of two (the wide build).
const major = Number(process.versions.node.split('.')[0]);
if (major < 22) setFlagsFromString('--experimental-wasm-relaxed-simd');
if (major >= 24) setFlagsFromString('--experimental-wasm-revectorize');

type KernelFunction = (args: number, tile: number, scratch: number) => void;

export const target = (simd: AssemblyTarget['simd']): AssemblyTarget => ({ language: 'assembly', simd });

/** Bytes between buffers, filled with NaN: what is read beyond a buffer shows, what is written there is found. */
const gap = 256;
const canary = 0x7fc0dead;

/** Modules by build and source: steps are run with many sizes. */
const compiled = new Map<string, Promise<WebAssembly.Module>>();

function moduleOf(source: string, simd: AssemblyTarget['simd']): Promise<WebAssembly.Module> {
  const key = `${simd}\n${source}`;
  let module = compiled.get(key);
  if (!module) {
    const config = readFileSync(join(repositoryRoot, 'asconfig.json'), 'utf8');
    module = compileAssembly(source, simd, config).then((binary) =>
      WebAssembly.compile(binary as Uint8Array<ArrayBuffer>),
    );
    compiled.set(key, module);
  }
  return module;
}

/** Instantiates a source on a shared memory of so many bytes. */
export async function instantiate(
  source: string,
  simd: AssemblyTarget['simd'],
  bytes = 0,
): Promise<{ readonly exports: Readonly<Record<string, KernelFunction>>; readonly memory: WebAssembly.Memory }> {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) + 1, maximum: 65536, shared: true });
  const { exports } = await WebAssembly.instantiate(await moduleOf(source, simd), { env: { memory } });
  return { exports: exports as Record<string, KernelFunction>, memory };
}

export interface RunOptions {
  readonly simd?: AssemblyTarget['simd'];
  readonly force?: Readonly<Record<string, string>>;
  /** The buffer that lies at the very end of memory: a read beyond it ends the run with an error. */
  readonly last?: string;
}

/** A step in memory, ready to run as often as wanted. */
export interface Prepared {
  readonly module: AssemblyModule;
  /** Runs every kernel, tile after tile. */
  run(): void;
  /** A buffer's elements. */
  read(name: string): number[];
}

/**
 * Prints and compiles a step and puts its buffers into memory, which lie apart: what is read between them is NaN.
 * Buffers without contents hold zeros.
 */
export async function prepare(
  step: Step,
  contents: Buffers,
  sizes: Sizes,
  { simd = 'baseline', force, last }: RunOptions = {},
): Promise<Prepared> {
  const module = printAssemblyModule(step, target(simd), force ? { force } : {});
  const places = new Map<string, Place>();
  let end = 1024;
  for (const { name, dtype, size } of step.buffers) {
    const length = evaluateExtent(size, sizes);
    places.set(name, { address: end, dtype, length });
    end += Math.ceil((length * storageTypes[dtype].bytes) / 16) * 16 + gap;
  }
  const scratch = end;
  end += Math.max(0, ...module.kernels.map(({ scratchBytes }) => scratchBytes)) + gap;
  const lastBytes = evaluateLast(step, last, sizes);
  const { exports, memory } = await instantiate(module.source, simd, end + lastBytes);
  const lastPlace = last && places.get(last);
  if (lastPlace) places.set(last, { ...lastPlace, address: memory.buffer.byteLength - lastBytes });
  const view = new DataView(memory.buffer);
  new Uint32Array(memory.buffer).fill(canary);
  for (const [name, place] of places) write(view, place, contents[name] ?? new Float64Array(place.length));
  const calls = module.kernels.map((printed) => ({ call: exports[printed.entry]!, printed }));
  return {
    module,
    run() {
      for (const { call, printed } of calls) {
        printed.buffers.forEach((name, i) => {
          view.setUint32(4 * i, places.get(name)!.address, true);
        });
        step.sizes.forEach(({ name }, i) => {
          view.setUint32(4 * (printed.buffers.length + i), sizes[name]!, true);
        });
        const count = tileCount(printed, sizes);
        for (let tile = 0; tile < count; tile++) call(0, tile, scratch);
      }
      for (const [name, { address, dtype, length }] of places) {
        if (name === last) continue;
        const from = Math.ceil((address + length * storageTypes[dtype].bytes) / 4) * 4;
        for (let at = from; at < from + gap - 16; at += 4)
          if (view.getUint32(at, true) !== canary) throw new Error(`something was written behind ${name}`);
      }
    },
    read: (name) => elements(view, places.get(name)!),
  };
}

function evaluateLast({ buffers }: Step, last: string | undefined, sizes: Sizes): number {
  const declaration = buffers.find(({ name }) => name === last);
  return declaration ? evaluateExtent(declaration.size, sizes) * storageTypes[declaration.dtype].bytes : 0;
}

/** Runs a step and returns the elements of all its buffers. */
export async function runPrinted(
  step: Step,
  contents: Buffers,
  sizes: Sizes,
  options: RunOptions = {},
): Promise<Record<string, number[]>> {
  const prepared = await prepare(step, contents, sizes, options);
  prepared.run();
  return Object.fromEntries(step.buffers.map(({ name }) => [name, prepared.read(name)]));
}

export function tileCount({ tiles }: PrintedAssembly, sizes: Sizes): number {
  return tiles.reduce((product, { extent, per }) => product * Math.ceil(evaluateExtent(extent, sizes) / per), 1);
}

interface Place {
  readonly address: number;
  readonly dtype: StorageType;
  readonly length: number;
}

function write(view: DataView, { address, dtype, length }: Place, contents: ArrayLike<number>): void {
  if (contents.length !== length) throw new RangeError(`${contents.length} elements for a buffer of ${length}`);
  for (let i = 0; i < length; i++) {
    const [at, value] = [address + i * storageTypes[dtype].bytes, contents[i]!];
    if (dtype === 'f32') view.setFloat32(at, value, true);
    else if (dtype === 'i32') view.setInt32(at, value, true);
    else if (dtype === 'u32') view.setUint32(at, value, true);
    else view.setUint16(at, dtype === 'f16' ? toHalf(value) : toBrain(value), true);
  }
}

function elements(view: DataView, { address, dtype, length }: Place): number[] {
  return Array.from({ length }, (_, i) => {
    const at = address + i * storageTypes[dtype].bytes;
    if (dtype === 'f32') return view.getFloat32(at, true);
    if (dtype === 'i32') return view.getInt32(at, true);
    if (dtype === 'u32') return view.getUint32(at, true);
    return dtype === 'f16' ? fromHalf(view.getUint16(at, true)) : fromBrain(view.getUint16(at, true));
  });
}

/** The value as a buffer of this type holds it. */
export function rounded(value: number, dtype: StorageType): number {
  if (dtype === 'f32') return Math.fround(value);
  if (dtype === 'f16') return fromHalf(toHalf(value));
  if (dtype === 'bf16') return fromBrain(toBrain(value));
  return Math.trunc(value);
}

// Conversions by arithmetic, not by bits: another way than that of the kernels.

export function fromHalf(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? 1 + fraction / 1024 : fraction / 1024) * 2 ** (Math.max(1, exponent) - 15);
}

export function toHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(Math.fround(value));
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const steps = toEven(size / 2 ** (exponent - 10));
  return sign | (size === 0 ? 0 : steps + ((exponent + 14) << 10));
}

export function fromBrain(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
}

export function toBrain(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  const [bits] = new Uint32Array(Float32Array.of(value).buffer);
  const low = fromBrain(bits! >>> 16);
  const high = fromBrain((bits! >>> 16) + 1);
  if (!Number.isFinite(low)) return bits! >>> 16;
  const [below, above] = [
    Math.abs(Math.fround(value) - low),
    Math.abs((Number.isFinite(high) ? high : Math.sign(high) * 2 ** 128) - Math.fround(value)),
  ];
  const up = above < below || (above === below && ((bits! >>> 16) & 1) === 1);
  return (bits! >>> 16) + (up ? 1 : 0);
}

function toEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0);
}
