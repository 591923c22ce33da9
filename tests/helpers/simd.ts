import { tf, useBackend } from 'resnet-lab';
import type { SimdBackend } from 'resnet-lab/dist/backends/simd/backend';
import type { Block, SharedMemory } from 'resnet-lab/dist/backends/simd/memory';

/** The backend `simd`, in use from here on, with what only its tests look into. */
export async function useSimd(): Promise<SimdBackend> {
  await useBackend('simd');
  return tf.backend() as unknown as SimdBackend;
}

/** Takes all memory that is left, up to 4 GiB; pages that nothing writes to cost the machine nothing. */
export function takeAll(shared: SharedMemory): Block[] {
  const taken: Block[] = [];
  for (let bytes = 2 ** 31; bytes >= 64; bytes /= 2) {
    try {
      for (;;) taken.push(shared.allocate(bytes - 64));
    } catch {
      // no piece of this size is left
    }
  }
  return taken;
}

/** Disposes of what TensorFlow.js kept for gradients when their computation failed, and has no more use for. */
export function disposeTape(): void {
  const { state } = tf.engine() as unknown as { state: { activeTape: { saved?: tf.Tensor[] }[] | null } };
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved ?? []);
  state.activeTape = null;
}
