import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { tf } from '../../tf';
import type { AdamNumbers, SgdNumbers, Update } from '../fused/registry';
import type { SimdBackend } from './backend';
import type { Block } from './memory';
import { floatBits } from './pool';

/** Each updates all variables and accumulators in one pass, in place (assembly/optimizers.ts). */
export function adam(updates: Update[], numbers: AdamNumbers): void {
  const { beta1, beta2, learningRate, power1, power2, epsilon } = numbers;
  update('adam', updates, [
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    learningRate,
    1 / (1 - power1),
    1 / (1 - power2),
    epsilon,
  ]);
}

export function sgd(updates: Update[], { learningRate, momentum, decay, nesterov }: SgdNumbers): void {
  const hasVelocity = updates.some(({ accumulators }) => accumulators.length > 0);
  update('sgd', updates, [learningRate, momentum, decay, nesterov, hasVelocity]);
}

/** The numbers follow the entries among the kernel's arguments. */
function update(kernel: 'adam' | 'sgd', updates: Update[], numbers: (number | boolean)[]): void {
  const backend = tf.backend() as unknown as SimdBackend;
  let vectors = 0;
  const entries = updates.flatMap(({ variable, gradient, accumulators }) => {
    const targets = [variable, ...accumulators].map((each) => writable(backend, each));
    const [w, first = 0, second = 0] = targets;
    const entry = [w, backend.pointer(gradient), first, second, variable.size, vectors];
    vectors += Math.ceil(variable.size / 4);
    return entry;
  });
  writeList(backend, entries, (list) =>
    backend.pool.run(kernel, backend.shares(vectors * 4, vectors), [
      list,
      updates.length,
      vectors,
      ...numbers.map((value) => (typeof value === 'boolean' ? Number(value) : floatBits(value))),
    ]),
  );
}

/** Where a backend's list of variables stands, and the mark behind the last job that reads it. */
const lists = new WeakMap<SimdBackend, { block: Block; mark: number }>();

/** The list has a place of its own, so that writing it need not wait for the step's gradients. */
function writeList(backend: SimdBackend, entries: number[], use: (list: number) => void): void {
  let list = lists.get(backend);
  if (list === undefined || list.block.bytes < entries.length * 4) {
    if (list) backend.shared.release(list.block);
    lists.delete(backend);
    list = { block: backend.shared.allocate(entries.length * 4), mark: backend.pool.mark };
    lists.set(backend, list);
  }
  if (!backend.pool.isFinished(list.mark)) backend.pool.finish();
  backend.shared.integers(list.block.pointer, entries.length).set(entries);
  use(list.block.pointer);
  list.mark = backend.pool.mark;
}

/** Address of a variable's values; they are copied first where another tensor shows the same ones. */
function writable(backend: SimdBackend, variable: Variable): number {
  backend.pointer(variable);
  if (!backend.isSole(variable)) {
    const copy = tf.tensor(variable.dataSync(), variable.shape, 'float32');
    variable.assign(copy);
    copy.dispose();
  }
  const block = backend.block(variable);
  backend.shared.forget(block);
  return block.pointer;
}

/** moving = momentum · moving + (1 − momentum) · value, in place. */
export function moveTowards(moving: Variable, value: Tensor, momentum: number): void {
  const backend = tf.backend() as unknown as SimdBackend;
  const args = [writable(backend, moving), backend.pointer(value), moving.size, floatBits(1 - momentum)];
  backend.pool.run('moveTowards', 1, args);
}
