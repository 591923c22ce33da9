// The shared memory of the simd backend: who owns which part of it, that training needs no more of it with every step,
// and that addresses of more than 31 bits are as good as others.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { adam, fit, loadEmoji10, resnetV1, setRandomSeed, sgd, takeImages, tf } from 'resnet-lab';
import { type Block, SharedMemory } from 'resnet-lab/dist/backends/simd/memory';
import { assertSameAsCpu, type Draw } from '../helpers/compare-backends';
import { useSimd } from '../helpers/simd';

describe('SharedMemory', () => {
  const FIRST_PAGE = 65_536; // the threads'
  const SLACK = 64; // that kernels may read beyond a tensor
  const GIGABYTE = 2 ** 30;
  // One for all runs, which leave it empty: each takes 4 GiB of the process's addresses.
  const memory = new SharedMemory();
  memory.release(memory.allocate(0)); // so that there is more of it than the first page

  const bytes = fc.oneof(
    { weight: 4, arbitrary: fc.nat(5000) },
    { weight: 2, arbitrary: fc.nat(3_000_000) },
    { weight: 1, arbitrary: fc.nat(100_000_000) },
    { weight: 2, arbitrary: fc.constantFrom(0, 1, 4, 63, 64, 65, 128, 4096, 65_536) },
  );
  const action = fc.oneof(
    { weight: 3, arbitrary: fc.record({ allocate: bytes }) },
    { weight: 2, arbitrary: fc.record({ release: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ share: fc.nat() }) },
  );

  function assertSound(blocks: Block[]): void {
    const sorted = [...new Set(blocks)].sort((a, b) => a.pointer - b.pointer);
    let end = FIRST_PAGE;
    for (const { pointer, bytes } of sorted) {
      assert.equal(pointer % 64, 0, `aligned: ${pointer}`);
      assert.ok(pointer >= end, `${pointer} lies behind ${end}`);
      end = pointer + bytes;
    }
    assert.ok(end <= memory.size, `${end} lies within ${memory.size}`);
    assert.equal(
      memory.held,
      sorted.reduce((sum, { bytes }) => sum + bytes, 0),
    );
  }

  it('gives out parts that are aligned and disjoint, in any order, and all is one piece again in the end', () =>
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120, size: 'max' }), (actions) => {
        const uses: Block[] = []; // a block as often as it is used
        for (const each of actions) {
          if ('allocate' in each) {
            const block = memory.allocate(each.allocate);
            assert.ok(block.bytes >= each.allocate + SLACK, `${block.bytes} for ${each.allocate}`);
            assert.equal(block.uses, 1);
            uses.push(block);
          } else if (uses.length > 0 && 'release' in each) {
            memory.release(uses.splice(each.release % uses.length, 1)[0]);
          } else if (uses.length > 0 && 'share' in each) {
            const block = uses[each.share % uses.length];
            block.uses += 1;
            uses.push(block);
          }
          assertSound(uses);
        }
        for (const block of uses) memory.release(block);
        assert.equal(memory.held, 0);
        const size = memory.size;
        const all = memory.allocate(size - FIRST_PAGE - SLACK);
        assert.equal(memory.size, size, 'what was given back serves again');
        memory.release(all);
      }),
      { numRuns: 150 },
    ));

  it('refuses what does not fit into 4 GiB, also where its size in 32 bits would, and keeps what it holds', () => {
    const kept = memory.allocate(1000);
    const held = memory.held;
    memory.floats(kept.pointer, 250).fill(7);
    for (const bytes of [4 * GIGABYTE - 100_000, 4 * GIGABYTE, 4 * GIGABYTE + 4096, 5 * GIGABYTE, 2 ** 40]) {
      assert.throws(
        () => memory.allocate(bytes),
        (error: Error) =>
          error.message.includes(`${bytes.toLocaleString('en')} bytes were asked for`) &&
          error.message.includes(`${held.toLocaleString('en')} of at most`),
        `${bytes} bytes`,
      );
      assertSound([kept]);
    }
    assert.ok(memory.floats(kept.pointer, 250).every((value) => value === 7));
    memory.release(kept);
    assert.equal(memory.held, 0);
  });
});

describe('training on simd', () => {
  const STEPS = 200;

  /** What must not grow from step to step. */
  const state = ({ shared }: Awaited<ReturnType<typeof useSimd>>) => ({
    tensors: tf.memory().numTensors,
    bytes: tf.memory().numBytes,
    data: tf.backend().numDataIds(),
    held: shared.held,
    size: shared.size,
  });

  it('holds as much after 200 steps of trainOnBatch as after 20', async () => {
    const backend = await useSimd();
    setRandomSeed(1);
    const model = resnetV1([32, 32, 3], 8);
    model.compile({ optimizer: adam(), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const x = tf.randomNormal([8, 32, 32, 3], 0, 1, 'float32', 1);
    const y = tf.oneHot(tf.range(0, 8, 1, 'int32'), 10);
    const states: ReturnType<typeof state>[] = [];
    for (let step = 1; step <= STEPS; step++) {
      await model.trainOnBatch(x, y);
      if (step === 20 || step === STEPS) states.push(state(backend));
    }
    assert.deepEqual(states[1], states[0]);
    tf.dispose([x, y]);
    model.dispose();
  });

  it("holds as much after 200 steps of resnet-lab's fit as after 20", async () => {
    const backend = await useSimd();
    const { train } = await loadEmoji10();
    for (const optimizer of [adam(), sgd(0.05, { momentum: 0.9, weightDecay: 1e-3 })]) {
      setRandomSeed(1);
      const model = resnetV1([32, 32, 3], 8);
      const states: ReturnType<typeof state>[] = [];
      let step = 0;
      const onBatchEnd = async () => {
        step += 1;
        if (step === 20 || step === STEPS) states.push(state(backend));
      };
      // Epochs of ten steps, so that both are at the end of one.
      const options = { epochs: 20, batchSize: 8, augment: true, validation: 0.2 };
      await fit(model, takeImages(train, 100), { ...options, optimizer, callbacks: [{ onBatchEnd }] });
      assert.equal(step, STEPS);
      assert.deepEqual(states[1], states[0]);
      model.dispose();
      optimizer.dispose();
    }
  });
});

describe('tensors of simd beyond 2 GiB and 3 GiB', () => {
  /** A convolutional network with its gradients, and a variable that adam trains. */
  function network(draw: Draw): Record<string, tf.Tensor> {
    const layer = tf.layers.batchNormalization();
    const [x, filter] = [draw([2, 33, 31, 16]), draw([3, 3, 16, 16]).div(12)];
    const forward = (a: tf.Tensor, b: tf.Tensor) => {
      const convolved = tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same');
      const strided = tf.conv2d(convolved, b as tf.Tensor4D, 2, 'same');
      const normalized = layer.apply(strided, { training: true }) as tf.Tensor4D;
      const sum = tf.add<tf.Tensor4D>(tf.maxPool(convolved, 2, 2, 'same'), normalized);
      const pooled = tf.avgPool(tf.relu(sum), 3, 2, 'same');
      const weights = b.slice([0, 0], [1, 1]).reshape([1, 16, 16]);
      return tf.matMul(pooled.reshape([1, -1, 16]), weights as tf.Tensor3D);
    };
    const { value, grads } = tf.valueAndGrads(forward)([x, filter], draw([1, 2 * 9 * 8, 16]));
    const variable = tf.variable(draw([501]));
    const optimizer = adam(0.1);
    for (let i = 0; i < 3; i++) optimizer.minimize(() => tf.sum(tf.square(variable)) as tf.Scalar);
    const trained = variable.clone();
    tf.dispose([variable, ...layer.weights.map((weight) => weight.read())]);
    optimizer.dispose();
    return { value, dx: grads[0], dfilter: grads[1], trained };
  }

  // Pages that nothing writes to cost no memory, so the way up there is cheap.
  for (const gigabytes of [2, 3]) {
    it(`are computed with like others, from ${gigabytes} GiB on`, async () => {
      const { shared } = await useSimd();
      const below = shared.allocate(gigabytes * 2 ** 30);
      try {
        await assertSameAsCpu(network, { seed: 5, terms: { value: 100, dx: 1000, dfilter: 10_000 } });
      } finally {
        shared.release(below);
      }
    });
  }
});
