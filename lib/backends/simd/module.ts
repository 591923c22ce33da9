import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

/** A module with one function that needs relaxed SIMD: (func (param v128 v128 v128) local.get 0 … f32x4.relaxed_madd drop). */
const RELAXED_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 3, 123, 123, 123, 0, 3, 2, 1, 0, 10, 14, 1, 12, 0, 32, 0, 32, 1, 32, 2, 253,
  133, 2, 26, 11,
]);
/** The same with f32x4.add, of SIMD as such. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 3, 123, 123, 123, 0, 3, 2, 1, 0, 10, 12, 1, 10, 0, 32, 0, 32, 1, 253, 228,
  1, 26, 11,
]);

export interface KernelModule {
  module: WebAssembly.Module;
  /** Whether products and sums are fused. */
  fused: boolean;
}

/**
 * Compiles the kernels, with fused multiply-add where the engine has relaxed SIMD (on Node 20 behind a flag).
 *
 * @throws Error when the engine lacks SIMD or shared memory.
 */
export function loadKernels(): KernelModule {
  if (typeof SharedArrayBuffer === 'undefined') throw new Error('This Node has no SharedArrayBuffer.');
  if (!WebAssembly.validate(SIMD_PROBE)) throw new Error('This Node or processor has no WebAssembly SIMD.');
  // Newer engines don't know the flag, and complain about it on stderr.
  const isOld = Number.parseInt(process.versions.v8, 10) < 12;
  if (isOld && !WebAssembly.validate(RELAXED_PROBE)) setFlagsFromString('--experimental-wasm-relaxed-simd');
  const fused = WebAssembly.validate(RELAXED_PROBE);
  const file = join(__dirname, fused ? 'kernels-fused.wasm' : 'kernels.wasm');
  // V8 starts a function in its baseline compiler, ten times slower, and counts how long it has run before it optimises
  // it: here at once, so that a training's first steps are fast. (--no-liftoff would do the same, but ends Node 26.)
  setFlagsFromString('--wasm-tiering-budget=1000');
  return { module: new WebAssembly.Module(readFileSync(file)), fused };
}
